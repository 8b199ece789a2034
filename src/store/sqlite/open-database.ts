import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../../lib/make-folder.ts';
import { StoreError } from '../store.ts';
import { databaseFile } from './database-file.ts';
import { fault } from './faults.ts';
import { APPLICATION, FORMAT, STEPS } from './file-format.ts';

/** Twice the default: a block is a chain of half as many pages. */
const PAGE_BYTES = 8192;
const MIB = 2 ** 20;
/** How much is committed before it is copied into the file. */
const WAL_BYTES = 16 * MIB;
/** A WAL that had to grow further (a checkpoint that failed, a large transaction) is cut back to this. */
const WAL_KEPT = 64 * MIB;
const CACHE_BYTES = 8 * MIB;

export interface OpenOptions {
  /** How large the file may become, in pages: a full disk for tests. */
  readonly pages?: number;
}

/** Opens the file of a directory for this process alone, in today's format; makes both where they are missing. Throws. */
export function openDatabase(directory: string, { pages }: OpenOptions = {}): DatabaseSync {
  makeFile(directory);
  const db = lockedDatabase(directory);
  try {
    const format = formatOf(db, directory);
    set(db, directory);
    migrate(db, format);
    if (pages !== undefined) db.exec(`PRAGMA max_page_count = ${pages}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opened only if it does not exist: the locks of a process go when it closes any descriptor of a file, and this process may
 * have it open already.
 */
function makeFile(directory: string): void {
  makeFolder(directory, 0o700);
  accessSync(directory, constants.W_OK | constants.X_OK);
  try {
    closeSync(openSync(databaseFile(directory), 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  accessSync(databaseFile(directory), constants.R_OK | constants.W_OK);
}

/** An existing file as it is, for this process alone. Throws. */
export function lockedDatabase(directory: string): DatabaseSync {
  const db = new DatabaseSync(databaseFile(directory), { timeout: 0 });
  try {
    // Before the first access, so that the index of the WAL is in memory and needs no file that processes share.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Of an empty file, whose first page the next statement writes.
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    // At once: of two processes that both begin with a reader's lock none would get the writer's.
    db.exec('BEGIN EXCLUSIVE; COMMIT');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The format of a file, 0 for an empty one. Throws if it is not one of ours, or newer. */
export function formatOf(db: DatabaseSync, directory: string): number {
  const format = pragma(db, 'user_version');
  // Also after a start that was killed: everything of a format is made in one transaction.
  const isEmpty = format === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (!isEmpty && pragma(db, 'application_id') !== APPLICATION)
    throw new StoreError(fault('damaged', directory, 'it is a SQLite file that Sidewatch did not write'));
  if (format > FORMAT)
    throw new StoreError(
      fault('newer', directory, `its format is ${format}, this version knows formats up to ${FORMAT}`),
    );
  return format;
}

function set(db: DatabaseSync, directory: string): void {
  const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get()!;
  if (mode !== 'wal')
    throw new StoreError(fault('other', directory, `SQLite can only work in mode ${mode} there, not in wal`));
  db.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${WAL_BYTES / PAGE_BYTES};
    PRAGMA journal_size_limit = ${WAL_KEPT};
    PRAGMA cache_size = ${-CACHE_BYTES / 1024};
    PRAGMA temp_store = MEMORY;
  `);
}

/** Each step in a transaction: a process that ends in the middle leaves a whole format. */
function migrate(db: DatabaseSync, from: number): void {
  for (const [i, step] of STEPS.entries()) {
    if (i < from) continue;
    db.exec('BEGIN IMMEDIATE');
    db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${i + 1}`);
    db.exec('COMMIT');
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0] as number;
}
