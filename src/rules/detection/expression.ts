import { oncePerInSteps } from '../../lib/once-per.ts';
import { eachInSteps } from '../../lib/steps.ts';
import type { Pattern } from './pattern.ts';

/** The test of a rule on an event (or of a result filter on a row), as plain data: it is compiled, digested and listed. */
export type Expression =
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  /** No value at all, or null. */
  | { readonly kind: 'null'; readonly field: string }
  /** The field exists, with any value. */
  | { readonly kind: 'exists'; readonly field: string }
  /** Some value of the field passes some test. */
  | { readonly kind: 'field'; readonly field: string; readonly any: readonly TextTest[] }
  /** Some value of the field equals some value of the other. `head`, `tail`: there may be more text before it, or after it. */
  | {
      readonly kind: 'reference';
      readonly field: string;
      readonly other: string;
      readonly head: boolean;
      readonly tail: boolean;
      readonly cased: boolean;
    }
  /** A keyword: some string, number or boolean anywhere in the event passes some test. */
  | { readonly kind: 'keyword'; readonly any: readonly TextTest[] }
  /** `of` holds for so many members of an array. Its fields are those of the member, and SELF is the member itself. */
  | {
      readonly kind: 'members';
      readonly field: string;
      readonly quantifier: Quantifier;
      readonly of: Expression;
    };

/** `all` needs at least one member. Nested arrays are flat, and a value that is not an array is an array of one. */
export const QUANTIFIERS = ['any', 'all', 'all_or_empty', 'none'] as const;
export type Quantifier = (typeof QUANTIFIERS)[number];

/** In an array block: the member itself, if it is not an object. */
export const SELF = '.';

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte';

export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];

/** A test of one value as text: numbers and booleans are compared as they are written. */
export type TextTest =
  /** Equal in lower case. */
  | { readonly kind: 'equal'; readonly text: string }
  /** Matches in lower case. */
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  /** The same two, case-sensitive. */
  | { readonly kind: 'cased-equal'; readonly text: string }
  | { readonly kind: 'cased-pattern'; readonly pattern: Pattern }
  /** Found anywhere, case-sensitive unless the flags say otherwise. RE2's syntax. */
  | { readonly kind: 'regex'; readonly source: string; readonly flags: number }
  | { readonly kind: 'cidr'; readonly network: string }
  /** The value is a decimal number, and the comparison with this one is true. */
  | { readonly kind: 'compare'; readonly op: Comparison; readonly value: number }
  /** The value is a time (RFC 3339), and the comparison of this part of it, in UTC, is true. */
  | {
      readonly kind: 'time';
      readonly part: TimePart;
      readonly op: Comparison | 'eq';
      readonly value: number;
    };

/** The only way in which case is removed, from rules and from events. */
export const foldCase = (text: string): string => text.toLowerCase();

/** All of them; a list of one is that one itself. */
export function allOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: 'all', of };
}

export function anyOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: 'any', of };
}

export interface AskedField {
  readonly field: string;
  /** The array field, for a field of its members. */
  readonly within?: string;
  readonly tests: readonly TextTest[];
}

/** Every field in the expression, with each of its tests. */
export function* askedFields(expression: Expression, within?: string): Iterable<AskedField> {
  const scope = within === undefined ? {} : { within };
  switch (expression.kind) {
    case 'not':
      yield* askedFields(expression.of, within);
      break;
    case 'all':
    case 'any':
      for (const part of expression.of) yield* askedFields(part, within);
      break;
    case 'members':
      yield { field: expression.field, ...scope, tests: [] };
      for (const asked of askedFields(expression.of, expression.field))
        yield asked.field === SELF && asked.within === expression.field
          ? { field: expression.field, ...scope, tests: asked.tests }
          : asked;
      break;
    case 'reference':
      yield { field: expression.field, ...scope, tests: [] };
      yield { field: expression.other, ...scope, tests: [] };
      break;
    case 'field':
      yield { field: expression.field, ...scope, tests: expression.any };
      break;
    case 'null':
    case 'exists':
      yield { field: expression.field, ...scope, tests: [] };
      break;
    case 'keyword':
      break;
  }
}

/** Texts that the reader compares by itself: see `EventReader.literal`. */
export const foldedTexts = oncePerInSteps(function* (tests: readonly TextTest[]) {
  const texts: string[] = [];
  yield* eachInSteps(tests, (test) => {
    if (test.kind === 'equal') texts.push(test.text);
    else if (test.kind === 'cased-equal') texts.push(foldCase(test.text));
  });
  return texts as readonly string[];
});
