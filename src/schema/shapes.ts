import * as z from 'zod';
import { kind } from './kinds.ts';

export function text(wants = 'text') {
  return kind(z.string().min(1), wants);
}

export function textOrEmpty() {
  return kind(z.string(), 'text');
}

export function flag() {
  return kind(z.boolean(), 'true or false');
}

export function number() {
  return kind(z.number(), 'a number');
}

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return kind(z.int().min(min).max(max), `a whole number ${range}`);
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  values: T,
  instead: Readonly<Record<string, string>> = {},
) {
  return kind(z.enum(values), inWords(values), { instead });
}

function inWords(values: readonly string[]): string {
  const [last, ...others] = values.toReversed();
  return others.length === 0 ? `${last}` : `${others.toReversed().join(', ')} or ${last}`;
}

export function list<T extends z.ZodType>(item: T, wants: string, least = 0) {
  return kind(z.array(item).min(least), wants);
}

/** A list of which no error shows anything: people may write secrets in it, although they belong elsewhere. */
export function unshownList<T extends z.ZodType>(item: T, wants: string) {
  return kind(z.array(item), wants, { secret: true });
}

/** A list of at least `least` texts. A single text is a list of one, as in many rules. */
export function textOrTexts(wants: string, least = 0) {
  return kind(
    z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(text()).min(least)),
    wants,
    { orText: true },
  );
}

/** A map that has these keys and no others. */
export function closedMap<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape);
}

/** `map`, with what to write in the place of keys that people may expect in it and that do not exist. */
export function withInstead<T extends z.ZodType>(map: T, instead: Readonly<Record<string, string>>) {
  return kind(map, 'a map', { instead });
}

/** A map of fixed keys. One that is left out or empty (`grpc:` and nothing below) has its defaults, as in the collector. */
export function section<T extends z.ZodType>(map: T) {
  return z.preprocess((value) => value ?? {}, map).prefault({});
}

/** A map whose keys the user chooses. */
export function mapOf<T extends z.ZodType>(value: T, wants: string) {
  return kind(z.record(z.string(), value), wants);
}

/** The same with keys that are names. One that is left out or empty is a map without keys. */
export function namedSections<T extends z.ZodType>(value: T, wants: string) {
  const name = z.string().regex(/^[\w./-]+$/, { error: 'wants a name of letters, digits and . _ / -' });
  return kind(
    z.preprocess((map) => map ?? {}, z.record(name, value)),
    wants,
  ).prefault({});
}
