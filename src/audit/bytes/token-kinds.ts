import { DOCUMENTS, type EnvelopeName } from '../envelopes/table.ts';

/**
 * The kinds of tokens. A token is a value of the current event: its kind and its bytes [start, end), not decoded. Strings
 * are without their quotes.
 */
export const KIND = {
  absent: 0,
  null: 1,
  true: 2,
  false: 3,
  /** A string without escapes, all ASCII: the bytes are the text. */
  ascii: 4,
  /** A string without escapes, in UTF-8 that may be invalid. */
  utf8: 5,
  /** A string with JSON escapes. */
  escaped: 6,
  /** A number that is its own text: only digits, at most fifteen. */
  integer: 7,
  /** Any other number: JSON may print it differently. */
  number: 8,
  array: 9,
  object: 10,
  /** Values of an OTLP map that JSON text cannot have, by their protobuf encoding. Its strings are `ascii` or `utf8`. */
  varint: 11,
  double: 12,
  bytes: 13,
  arrayValue: 14,
  kvlist: 15,
} as const;

export type TokenKind = (typeof KIND)[keyof typeof KIND];

/** Why the plain reader had to read an event. Each is counted (events_slow). */
export const REASONS = {
  /** Not valid JSON; JSON.parse says what is wrong with it. */
  invalid: 1,
  /** Not a JSON object: other text, or a value that is neither text nor a map. */
  not_an_object: 2,
  /** A key with an escape, in an object in which fields are read. */
  escaped_key: 3,
  /** Nested deeper than the scanner goes. */
  too_deep: 4,
  /** A key with dots that could be the middle of a field's path. */
  dotted_key: 5,
  /** The record's protobuf is unusual (two bodies, ...). */
  unusual_record: 6,
  /** The request's protobuf is unusual or broken. */
  unusual_request: 7,
  /** The items are not an array of objects. */
  bad_item: 8,
  /** An object or a list as JSON text in a string: see json-strings.ts. */
  json_strings: 9,
  /** More values than are walked: the record is rejected. */
  too_many: 10,
  /** The event is in the record's attributes. */
  attributes: 11,
} as const;

/** Codes from here on are rows of the table of envelopes: the byte reader leaves these envelopes to the plain reader. */
export const FIRST_ROW = 100;

export type Reason = keyof typeof REASONS | EnvelopeName;
const NAMES = new Map<number, Reason>([
  ...Object.entries(REASONS).map(([name, code]) => [code, name as Reason] as const),
  ...DOCUMENTS.map(({ name }, row) => [FIRST_ROW + row, name as EnvelopeName] as const),
]);

export const reasonOf = (code: number): Reason => NAMES.get(code)!;
