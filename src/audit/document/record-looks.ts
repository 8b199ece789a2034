import type { PassedBy } from '../../model/event.ts';

/**
 * What a record without an audit event looks like, for the log: its structure, never its content, which may be secret.
 * Both readers use the same words.
 */
export const LOOKS = {
  empty: 'an empty body',
  nul: 'NUL bytes',
  list: 'a list without events',
  own: "Sidewatch's own risk events",
  scalar: 'a JSON string, number or literal',
  objects: 'JSON that is no audit event',
  members: 'an array of something else',
  value: 'an OTLP value that is no map',
  part: 'a part of a line of a container log',
  wrapped: 'an envelope without an audit event',
} as const;

/** The look of an object that has no known envelope. */
export function lookOfObject(kind: PassedBy, hasAuditId: boolean): string {
  return kind === 'other' ? OF_MAP[+hasAuditId]! : OF_JSON[+hasAuditId]!;
}

const OF_MAP = ['a map without auditID', 'a map with auditID that is no audit event'];
const OF_JSON = ['a JSON object without auditID', 'a JSON object with auditID that is no audit event'];

/** The look of a text that does not parse, by its first character that is not white space. */
export function lookOfText(text: Uint8Array): string {
  const first = text.find((byte) => byte > 0x20 || !isBlank(byte)) ?? 0;
  return BEGINS.find(([of]) => of(first))![1];
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const between = (from: number, to: number) => (byte: number) => byte >= from && byte <= to;

const BEGINS: readonly (readonly [of: (byte: number) => boolean, look: string])[] = [
  [between(0x30, 0x39), 'text that begins with digits'],
  [(byte) => between(0x41, 0x5a)(byte) || between(0x61, 0x7a)(byte), 'text that begins with letters'],
  [(byte) => byte === 0x7b, 'text that begins with a brace, but is no JSON'],
  [(byte) => byte === 0x5b, 'text that begins with a bracket, but is no JSON'],
  [(byte) => byte === 0x22, 'text that begins with a quote, but is no JSON'],
  [(byte) => byte < 0x20, 'bytes that are no text'],
  [() => true, 'text that begins with another character'],
];
