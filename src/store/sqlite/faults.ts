import { StoreError, type StoreFault } from '../store.ts';
import { DamagedRow } from './checked-blob.ts';
import { databaseFile } from './database-file.ts';

type Kind = StoreFault['kind'];

/** By the primary result code of SQLite. All others are 'other'. */
const BY_RESULT: Readonly<Record<number, Kind>> = {
  5: 'locked',
  6: 'locked',
  8: 'read-only',
  11: 'damaged',
  13: 'full',
  26: 'damaged',
};

/** By the code of a system error. All others are 'other'. */
const BY_CODE: Readonly<Record<string, Kind>> = {
  EACCES: 'read-only',
  EPERM: 'read-only',
  EROFS: 'read-only',
  ENOSPC: 'full',
  EDQUOT: 'full',
};

/** What happened and what to do. `detail`: what the system or SQLite says. */
const TEXT: Readonly<Record<Kind, (directory: string, detail: string) => string>> = {
  locked: (directory) =>
    `${databaseFile(directory)} is in use, and only one process may have it open: stop the other one, or use another directory`,
  newer: (directory, detail) =>
    `${databaseFile(directory)} was written by a newer Sidewatch (${detail}): run that version, or move the data aside with ${reset(directory)}`,
  unreadable: (directory, detail) =>
    `${databaseFile(directory)} holds what this version of Sidewatch cannot read (${detail}): run the version that wrote it, or move the data aside with ${reset(directory)}`,
  damaged: (directory, detail) =>
    `${databaseFile(directory)} is damaged (${detail}): look at it with \`sidewatch storage check ${directory}\`, move it aside with ${reset(directory)}`,
  'read-only': (directory, detail) =>
    `${directory} cannot be written (${detail}): give this user a directory on a volume that it may write`,
  full: (directory, detail) =>
    `the volume of ${directory} is full (${detail}): make room on it; the store goes on by itself as soon as there is some`,
  other: (directory, detail) =>
    `the store in ${directory} failed (${detail}): it needs a directory on a local volume that works, not on a network file system`,
};

const reset = (directory: string): string => `\`sidewatch storage reset ${directory}\``;

export const fault = (kind: Kind, directory: string, detail: string): StoreFault => ({
  kind,
  why: TEXT[kind](directory, detail),
});

interface Thrown extends Error {
  readonly code?: string;
  /** Of SQLite: the extended result code. */
  readonly errcode?: number;
}

export function kindOf(error: unknown): Kind {
  const { code = '', errcode } = error as Thrown;
  if (errcode !== undefined) return BY_RESULT[errcode & 0xff] ?? 'other';
  // A number that no writer of ours has written.
  if (error instanceof DamagedRow || code === 'ERR_OUT_OF_RANGE') return 'damaged';
  return BY_CODE[code] ?? 'other';
}

/** Names the table where SQLite comes upon a page that it cannot read. */
export function reading<T>(table: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DamagedRow || kindOf(error) !== 'damaged') throw error;
    throw new DamagedRow(table, undefined, (error as Error).message);
  }
}

/** What a call of SQLite or of the system threw. */
export function faultOf(error: unknown, directory: string): StoreFault {
  if (error instanceof StoreError) return error.fault;
  return fault(kindOf(error), directory, detailOf(error as Thrown));
}

const DETAIL: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file and no directory',
  ENOTDIR: 'a part of its path is a file and no directory',
};

function detailOf({ message, code = '', errcode }: Thrown): string {
  if (errcode !== undefined) return `${message}, SQLite ${errcode}`;
  return DETAIL[code] ?? message;
}
