import { z } from 'zod';
import { nearest } from '../lib/nearest.ts';
import { parseSpan } from '../lib/time-format.ts';

/** How a value looks in an error: short, and on one line. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `; did you mean "x"?`, or nothing where no candidate is close. */
export function hint(word: string, candidates: Iterable<string>): string {
  const close = nearest(word, candidates);
  return close === undefined ? '' : `; did you mean "${close}"?`;
}

/** A map that has these keys and no others. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  const keys = Object.keys(shape);
  const unknownKey = z.custom(() => false, {
    error: (issue) => {
      const key = String(issue.path?.at(-1));
      return `is not a key here${hint(key, keys) || `; known are ${keys.join(', ')}`}`;
    },
  });
  // The catchall only ever fails, so it adds nothing to the type.
  return z.object(shape, wants('a map')).catchall(unknownKey) as unknown as z.ZodObject<Shape>;
}

export const text = z.string(wants('text'));
export const name = z.string(wants('text')).min(1, 'is empty');
export const flag = z.boolean(wants('true or false'));
export const number = z.number(wants('a number'));
export const names = z.array(name, wants('a list of texts'));

/** A list of names, `least` of them or more. One that stands alone is a list of one, as many rules have it. */
export function nameOrNames(what: string, least = 0) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(name, wants(what)).min(least, 'is empty'),
  );
}

export function whole(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const error = wants(`a whole number ${range}`);
  return z.int(error).min(least, error).max(most, error);
}

/** A length of time: 10m, 1h, 90s, 2d. */
export const span = z
  .custom<string>((value) => typeof value === 'string' && parseSpan(value) !== undefined, {
    error: (issue) => wants('a length of time such as 90s, 10m, 1h or 2d').error(issue),
  })
  .transform((value) => parseSpan(value)!);

export function oneOf<const Choices extends readonly [string, ...string[]]>(choices: Choices) {
  return z.enum(choices, {
    error: (issue) =>
      wants(`one of ${choices.join(', ')}`).error(issue) +
      (typeof issue.input === 'string' ? hint(issue.input, choices) : ''),
  });
}

/** The error of a zod schema: what it wants, and what is there. */
export function wants(what: string) {
  return {
    error: (issue: { readonly input?: unknown }) =>
      issue.input === undefined ? `is missing; wants ${what}` : `wants ${what}, has ${show(issue.input)}`,
  };
}
