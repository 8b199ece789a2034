import type { Pattern } from './pattern.ts';

/** What a rule asks of an event (or a result filter of a row), as plain data: it is compiled, digested and listed. */
export type Expression =
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  /** No value at all, or null. */
  | { readonly kind: 'null'; readonly field: string }
  /** Some value of the field passes some test. */
  | { readonly kind: 'field'; readonly field: string; readonly any: readonly TextTest[] };

/** A test of one value as text: numbers and booleans are compared as they are written. */
export type TextTest =
  /** Equal in lower case. */
  | { readonly kind: 'equal'; readonly text: string }
  /** Fits in lower case. */
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  /** Found anywhere, case-sensitive unless the flags say otherwise. RE2's syntax. */
  | { readonly kind: 'regex'; readonly source: string; readonly flags: number }
  | { readonly kind: 'cidr'; readonly network: string };

/** The one way in which case is taken away, from rules and from events. */
export const fold = (text: string): string => text.toLowerCase();

/** All of them; a list of one is that one. */
export function allOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: 'all', of };
}

export function anyOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: 'any', of };
}

/** Every field that the expression asks about, with each test of it. */
export function* fieldsOf(
  expression: Expression,
): Iterable<{ readonly field: string; readonly tests: readonly TextTest[] }> {
  if (expression.kind === 'not') yield* fieldsOf(expression.of);
  else if (expression.kind === 'all' || expression.kind === 'any')
    for (const part of expression.of) yield* fieldsOf(part);
  else yield { field: expression.field, tests: expression.kind === 'field' ? expression.any : [] };
}
