import { type Expression, foldCase, type TextTest } from '../detection/expression.ts';
import { cheapestFirst } from './cheapest-first.ts';

export type Predicate<Subject> = (subject: Subject) => boolean;

/** Tests on the fields of one kind of subject (an event, a member of an array, a result row). Each call is made once, at load. */
export interface SubjectFields<Subject> {
  isNull(field: string): Predicate<Subject>;
  exists(field: string): Predicate<Subject>;
  /** True if some value of the field passes some of the tests. */
  someValue(field: string, tests: readonly TextTest[]): Predicate<Subject>;
  /** True if some value of one field and some value of the other pass together. */
  somePair(field: string, other: string, pass: (text: string, other: string) => boolean): Predicate<Subject>;
  /** True if any value anywhere passes some of the tests. */
  someLeaf(tests: readonly TextTest[]): Predicate<Subject>;
  members(of: Expression & { readonly kind: 'members' }): Predicate<Subject>;
  /** Takes a whole expression over, so that its answer is remembered; undefined where it does not. */
  remembered?(expression: Expression, make: () => Predicate<Subject>): Predicate<Subject> | undefined;
}

/**
 * An expression as closures; `all` and `any` try the cheapest part first and stop at the first that decides. Loops use an index:
 * `for..of` makes an iterator until it is optimised.
 */
export function predicate<Subject>(
  expression: Expression,
  fields: SubjectFields<Subject>,
): Predicate<Subject> {
  const { remembered, ...plain } = fields;
  return remembered?.(expression, () => evaluated(expression, plain)) ?? evaluated(expression, fields);
}

function evaluated<Subject>(expression: Expression, fields: SubjectFields<Subject>): Predicate<Subject> {
  switch (expression.kind) {
    case 'null':
      return fields.isNull(expression.field);
    case 'exists':
      return fields.exists(expression.field);
    case 'field':
      return fields.someValue(expression.field, expression.any);
    case 'reference':
      return fields.somePair(expression.field, expression.other, pairTest(expression));
    case 'keyword':
      return fields.someLeaf(expression.any);
    case 'members':
      return fields.members(expression);
    case 'not': {
      const of = predicate(expression.of, fields);
      return (subject) => !of(subject);
    }
    case 'all': {
      const parts = cheapestFirst(expression.of).map((part) => predicate(part, fields));
      return (subject) => {
        for (let i = 0; i < parts.length; i++) if (!parts[i]!(subject)) return false;
        return true;
      };
    }
    case 'any': {
      const parts = cheapestFirst(expression.of).map((part) => predicate(part, fields));
      return (subject) => {
        for (let i = 0; i < parts.length; i++) if (parts[i]!(subject)) return true;
        return false;
      };
    }
  }
}

/** For a reference: whether a value of the field equals, starts with, ends with or contains a value of the other field. */
function pairTest({
  head,
  tail,
  cased,
}: Expression & { readonly kind: 'reference' }): (text: string, other: string) => boolean {
  const fits = FITS[head ? 'head' : 'none'][tail ? 'tail' : 'none'];
  return cased ? fits : (text, other) => fits(foldCase(text), foldCase(other));
}

const FITS = {
  none: {
    none: (text: string, other: string) => text === other,
    tail: (text: string, other: string) => text.startsWith(other),
  },
  head: {
    none: (text: string, other: string) => text.endsWith(other),
    tail: (text: string, other: string) => text.includes(other),
  },
} as const;
