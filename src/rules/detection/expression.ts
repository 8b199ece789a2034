import type { Pattern } from './pattern.ts';

/** What a rule asks of an event (or a result filter of a row), as plain data: it is compiled, digested and listed. */
export type Expression =
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  /** No value at all, or null. */
  | { readonly kind: 'null'; readonly field: string }
  /** The field is there, whatever it holds. */
  | { readonly kind: 'exists'; readonly field: string }
  /** Some value of the field passes some test. */
  | { readonly kind: 'field'; readonly field: string; readonly any: readonly TextTest[] }
  /** Some value of the field is some value of the other. `head`, `tail`: there may be more before it, or behind it. */
  | {
      readonly kind: 'reference';
      readonly field: string;
      readonly other: string;
      readonly head: boolean;
      readonly tail: boolean;
      readonly cased: boolean;
    }
  /** A keyword: some string, number or boolean anywhere passes some test. */
  | { readonly kind: 'keyword'; readonly any: readonly TextTest[] }
  /** So many of an array's members are as `of` says; its fields are those of the member, and SELF is the member itself. */
  | {
      readonly kind: 'members';
      readonly field: string;
      readonly quantifier: Quantifier;
      readonly of: Expression;
    };

/** `all` wants one at least. Nested arrays are flat, and what is no array is an array of one. */
export const QUANTIFIERS = ['any', 'all', 'all_or_empty', 'none'] as const;
export type Quantifier = (typeof QUANTIFIERS)[number];

/** In an array block: the member in hand, where it is no object. */
export const SELF = '.';

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte';

export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];

/** A test of one value as text: numbers and booleans are compared as they are written. */
export type TextTest =
  /** Equal in lower case. */
  | { readonly kind: 'equal'; readonly text: string }
  /** Fits in lower case. */
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  /** The same two, case and all. */
  | { readonly kind: 'cased-equal'; readonly text: string }
  | { readonly kind: 'cased-pattern'; readonly pattern: Pattern }
  /** Found anywhere, case-sensitive unless the flags say otherwise. RE2's syntax. */
  | { readonly kind: 'regex'; readonly source: string; readonly flags: number }
  | { readonly kind: 'cidr'; readonly network: string }
  /** The value is a decimal number on that side of this one. */
  | { readonly kind: 'compare'; readonly op: Comparison; readonly value: number }
  /** The value is a time (RFC 3339), and this part of it, in UTC, is the number or on that side of it. */
  | {
      readonly kind: 'time';
      readonly part: TimePart;
      readonly op: Comparison | 'eq';
      readonly value: number;
    };

/** The one way in which case is taken away, from rules and from events. */
export const fold = (text: string): string => text.toLowerCase();

/** All of them; a list of one is that one. */
export function allOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: 'all', of };
}

export function anyOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: 'any', of };
}

export interface Asked {
  readonly field: string;
  /** The array field of whose members it is one. */
  readonly within?: string;
  readonly tests: readonly TextTest[];
}

/** Every field that the expression asks about, with each test of it. */
export function* askedFields(expression: Expression, within?: string): Iterable<Asked> {
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

/** What the reader compares by itself for the tests: see `EventReader.literal`. */
export function foldedTexts(tests: readonly TextTest[]): readonly string[] {
  return tests.flatMap((test) => {
    if (test.kind === 'equal') return [test.text];
    return test.kind === 'cased-equal' ? [fold(test.text)] : [];
  });
}
