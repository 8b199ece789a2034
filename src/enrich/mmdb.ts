import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { Reader } from 'maxmind';

export interface Database {
  /** 6: it may hold both families. 4: it answers nonsense for an IPv6 address and must not be asked. */
  readonly ipVersion: 4 | 6;
  /** The record of a normalised address, or null. Throws where the file's data section is damaged. */
  get(address: string): unknown;
}

/** A MaxMind DB file, whole in memory. Throws an Error with one line for people: which file, why not, what to do. */
export function openDatabase(path: string): Database {
  const metadataAt = checkDatabase(path);
  const reader = attempt(path, () => new Reader(readFileSync(path)));
  const { ipVersion, searchTreeSize, databaseType } = reader.metadata;
  if ((ipVersion !== 4 && ipVersion !== 6) || searchTreeSize + SEPARATOR > metadataAt)
    throw refusal(path, 'is damaged');
  if (/asn|isp|anonymous|connection/i.test(databaseType))
    throw refusal(path, `holds no places, its type is ${databaseType}`);
  return { ipVersion, get: (address) => reader.get(address) };
}

/** Zero bytes between the search tree and the data. */
const SEPARATOR = 16;
const MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
/** The format promises that the metadata begins within the last 128 KiB. */
const TAIL = 128 * 1024;

/**
 * Looks at the end of the file only, where the metadata stands: tells a missing, empty, foreign or truncated file without
 * reading it. Returns the metadata's offset; throws as `openDatabase` does.
 */
export function checkDatabase(path: string): number {
  const { size, tail } = attempt(path, () => {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.alloc(Math.min(size, TAIL));
      readSync(file, tail, 0, tail.length, size - tail.length);
      return { size, tail };
    } finally {
      closeSync(file);
    }
  });
  if (size === 0) throw refusal(path, 'is empty');
  const marker = tail.lastIndexOf(MARKER);
  if (marker < 0)
    throw refusal(path, 'has no MaxMind DB metadata at its end: it is truncated, packed, or no .mmdb');
  return size - tail.length + marker;
}

function attempt<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw refusal(path, REASONS.get(code) ?? `cannot be opened (${(error as Error).message})`);
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['EISDIR', 'is a directory'],
  ['EACCES', 'may not be read by this user'],
]);

function refusal(path: string, why: string): Error {
  return new Error(
    `geo database ${path} ${why}; set geo.city to dbip-lite or to the path of a city database (.mmdb)`,
  );
}
