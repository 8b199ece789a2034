import { shortMessage } from './json.ts';

/**
 * What one record may cost. Bytes alone say little: two bytes are enough for an attribute or for a value in a list. So entries are
 * counted before anything is decoded: the values of JSON text, the fields of protobuf.
 */

/**
 * The most JSON values of one document; a record with more is rejected. Real audit events have one for each 12 to 25 bytes:
 * the largest request (64 MiB) stays below it.
 */
export const ENTRIES_MAX = 2 ** 22;

/** The most values that are read in one turn of the event loop: at most 20 milliseconds of work. */
export const ENTRIES_AT_ONCE = 2 ** 17;

/** The most protobuf fields of one record, of a resource or of a scope: they are walked in one turn. */
export const FIELDS_MAX = 750_000;

/**
 * The most bytes that are decoded into objects at once, which may take fifty times as much memory: of one record, its
 * attributes included, or of a resource. Usual records have no such bound. 2 MiB is more than an object in etcd may have.
 */
export const PLAIN_BYTES_MAX = 2 * 2 ** 20;

/** The same in entries; of protobuf only messages count, as a field without one costs next to nothing. */
export const PLAIN_ENTRIES_MAX = 2 ** 16;

/** The same in bytes for a whole request with unusual protobuf: one that no known sender sends. */
export const UNUSUAL_BYTES_MAX = 2 ** 17;

/** The most bytes of a text that is not one JSON object in which documents are looked for: the longest line of README's collector. */
export const PIECES_BYTES_MAX = 2 ** 24;

/** The most ResourceLogs and ScopeLogs in one request; a request with more is malformed. A collector's batch has 8,192 records. */
export const SECTIONS_MAX = 2 ** 17;

/**
 * The most values of one field that rules may look at. A client that writes sourceIPs into a header (1 MiB at most) stays
 * below it: it must not be able to have its own events rejected.
 */
export const VALUES_MAX = 400_000;

/** The most objects of one list whose members rules may look at: each of them needs a reader of its own. */
export const MEMBERS_MAX = 10_000;

/**
 * Thrown by a reader where a rule asks for more of an event than may be decoded. The record is rejected with `message`;
 * rules that ask for less have never needed it.
 */
export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge';
}

/** How an event was too large. Anything else that was thrown is thrown on. */
export function tooLargeWhy(thrown: unknown): string {
  if (!(thrown instanceof EventTooLarge)) throw thrown;
  return shortMessage(thrown);
}

/** Throws where a field has more values, or objects, than rules may look at. */
export function checkValues(scalars: number, objects: number): void {
  if (scalars > VALUES_MAX) throw new EventTooLarge(`a field has more than ${VALUES_MAX} values`);
  if (objects > MEMBERS_MAX) throw new EventTooLarge(`a list has more than ${MEMBERS_MAX} objects`);
}

/**
 * Whether the JSON text [start, end) has more than `most` values, by its commas and brackets outside of strings; `inStrings`:
 * those in strings too, as they may be JSON text.
 */
export function hasMoreEntries(
  u8: Uint8Array,
  start: number,
  end: number,
  most: number,
  inStrings = false,
): boolean {
  if (end - start <= most) return false;
  let left = most;
  for (let i = start; i < end; i++) {
    const c = u8[i]!;
    if (c === 0x22 && !inStrings) {
      for (i++; i < end && u8[i] !== 0x22; i++) if (u8[i] === 0x5c) i++;
    } else if ((c === 0x2c || c === 0x5b || c === 0x7b) && --left < 0) return true;
  }
  return false;
}
