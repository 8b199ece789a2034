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

/** The same in protobuf messages: attributes, values, lists. */
export const PLAIN_MESSAGES_MAX = 3 * 2 ** 14;

/**
 * The same for JSON text: a comma costs 1, a bracket 2, a colon 6, for what becomes of it. 80,000 keys stay below it, and
 * VALUES_MAX texts in a list.
 */
export const PLAIN_JSON_MAX = 2 ** 19;
/**
 * The same for a whole request that is JSON. One in OTLP becomes messages, which are larger: a batch of the collector (8,192
 * records with text) is a quarter of it. An API server's batch has 400 events.
 */
export const REQUEST_JSON_MAX = { 'otlp-json': 2 ** 21, 'event-list': 2 ** 23 } as const;
const KEY_COST = 6;
const BRACKET_COST = 2;

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

/**
 * The most objects of one list that rules may look into, as each of them needs a reader of its own; and the most members of
 * lists through which the path of one field may lead.
 */
export const MEMBERS_MAX = 5000;

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

/** Throws where the path of a field leads through more members of lists than rules may look into. */
export function checkWalked(members: number): void {
  if (members > MEMBERS_MAX)
    throw new EventTooLarge(`a field leads through a list of more than ${MEMBERS_MAX} members`);
}

/**
 * Whether the JSON text [start, end) costs more than `most` to decode. `inStrings`: strings in it are charged too, as they may
 * be JSON text.
 */
export function isCostlyJson(
  u8: Uint8Array,
  start: number,
  end: number,
  inStrings = false,
  most: number = PLAIN_JSON_MAX,
): boolean {
  // No byte costs more than 2 on average.
  if (end - start <= most / 2) return false;
  let left = most;
  for (let i = start; i < end && left >= 0; i++) {
    const c = u8[i]!;
    if (c === 0x2c) left--;
    else if (c === 0x3a) left -= KEY_COST;
    else if (c === 0x5b || c === 0x7b) left -= BRACKET_COST;
    else if (c === 0x22 && !inStrings) {
      for (i++; i < end && u8[i] !== 0x22; i++) if (u8[i] === 0x5c) i++;
    }
  }
  return left < 0;
}
