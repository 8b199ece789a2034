/** One test of a field, as an item of a Sigma selection has it. */
export interface RowTest {
  /** As the search calls it, without `{}`. */
  readonly field: string;
  readonly modifiers: readonly string[];
  /** Any of them. In Sigma's form: `*` is a wildcard, a question mark is escaped. */
  readonly values: readonly (string | number | boolean)[];
  /** Whether 0 passes: that is what `fillnull` writes where the field is missing. */
  readonly zero: boolean;
  readonly where: string;
}

/** A condition on a row. `differs`: the field has a value, and the test does not hold. */
export type RowCondition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly RowCondition[] }
  | { readonly kind: 'not'; readonly of: RowCondition }
  | { readonly kind: 'test'; readonly test: RowTest }
  | { readonly kind: 'differs'; readonly test: RowTest }
  | { readonly kind: 'exists'; readonly field: string; readonly where: string }
  | { readonly kind: 'constant'; readonly holds: boolean };

export const ALWAYS: RowCondition = { kind: 'constant', holds: true };

/** All of them, without what always holds. */
export function allConditions(of: readonly RowCondition[]): RowCondition {
  return combined('all', of, true);
}

export function anyCondition(of: readonly RowCondition[]): RowCondition {
  return combined('any', of, false);
}

function combined(kind: 'all' | 'any', of: readonly RowCondition[], neutral: boolean): RowCondition {
  const parts = of.flatMap((part) => (part.kind === kind ? part.of : [part]));
  if (parts.some((part) => part.kind === 'constant' && part.holds !== neutral))
    return { kind: 'constant', holds: !neutral };
  const left = parts.filter((part) => part.kind !== 'constant');
  if (left.length === 0) return { kind: 'constant', holds: neutral };
  return left.length === 1 ? left[0]! : { kind, of: left };
}

export function notCondition(of: RowCondition): RowCondition {
  if (of.kind === 'constant') return { kind: 'constant', holds: !of.holds };
  return of.kind === 'not' ? of.of : { kind: 'not', of };
}

/** A text in which only `*` is a wildcard, or nothing, as Sigma writes it. */
export function sigmaText(text: string, isPattern: boolean): string {
  return text.replace(isPattern ? /[\\?]/g : /[\\?*]/g, '\\$&');
}

/** `sourceIPs{}` is the list `sourceIPs`. */
export const plainField = (name: string): string => name.replaceAll('{}', '');
