import { ENVELOPES, type EnvelopeName } from '../envelopes/table.ts';

/**
 * What stands at a field of the current event: a kind and the bytes [start, end) of its value, nothing decoded.
 * Strings are without their quotes. Numbers are two kinds, since only plain ones are their own text.
 */
export const KIND = {
  absent: 0,
  null: 1,
  true: 2,
  false: 3,
  /** No escapes, all ASCII: the bytes are the text. */
  ascii: 4,
  /** No escapes; UTF-8, perhaps invalid. */
  utf8: 5,
  /** JSON escapes in it. */
  escaped: 6,
  /** Digits alone, at most fifteen, as JSON would print the number. */
  integer: 7,
  number: 8,
  array: 9,
  object: 10,
  /** Values of an OTLP map, by their protobuf encoding; its strings are `ascii` or `utf8`. */
  varint: 11,
  double: 12,
  bytes: 13,
  arrayValue: 14,
  kvlist: 15,
} as const;

export type TokenKind = (typeof KIND)[keyof typeof KIND];

/** Why an event was read by the parsed-document reader instead; each is counted. */
export const REASONS = {
  /** Not the JSON that JSON.parse takes; it says what is wrong. */
  invalid: 1,
  /** Not an object: some other text. */
  not_an_object: 2,
  /** A key with an escape where a field could be. */
  escaped_key: 3,
  /** Nested deeper than the scanner's stack. */
  too_deep: 4,
  /** A key with dots that could be the middle of a field's path. */
  dotted_key: 5,
  /** Part of the record's protobuf is unusual (a body twice, ...). */
  unusual_record: 6,
  /** The request's protobuf is unusual or broken. */
  unusual_request: 7,
  /** An EventList item that is no object. */
  bad_item: 8,
  /** An object or a list as JSON text in a string: see json-strings.ts. */
  json_strings: 9,
} as const;

/** Codes from here on are rows of the table of envelopes, which the byte reader leaves to the plain one. */
export const FIRST_ROW = 100;

export type Reason = keyof typeof REASONS | EnvelopeName;
const NAMES = new Map<number, Reason>([
  ...Object.entries(REASONS).map(([name, code]) => [code, name as Reason] as const),
  ...ENVELOPES.map(({ name }, row) => [FIRST_ROW + row, name] as const),
]);

export const reasonOf = (code: number): Reason => NAMES.get(code)!;
