import type { Expression, TextTest } from './expression.ts';

export type Predicate<Subject> = (subject: Subject) => boolean;

/** How fields of one kind of subject (an event, a result row) are asked. Each call is made once, at load. */
export interface Fields<Subject> {
  isNull(field: string): Predicate<Subject>;
  /** True where some value of the field passes some of the tests. */
  someValue(field: string, tests: readonly TextTest[]): Predicate<Subject>;
}

/**
 * An expression as closures; `all` and `any` try the cheapest part first and stop at the first that decides. Loops count,
 * since `for..of` makes an iterator until it is optimised.
 */
export function predicate<Subject>(expression: Expression, fields: Fields<Subject>): Predicate<Subject> {
  switch (expression.kind) {
    case 'null':
      return fields.isNull(expression.field);
    case 'field':
      return fields.someValue(expression.field, expression.any);
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

const cheapestFirst = (parts: readonly Expression[]) => [...parts].sort((a, b) => cost(a) - cost(b));

/** Equality makes no string, patterns read one, and a regular expression is slow on it. */
const COST = { equal: 0, pattern: 2, cidr: 2, regex: 3 } as const satisfies Record<TextTest['kind'], number>;

function cost(expression: Expression): number {
  switch (expression.kind) {
    case 'null':
      return 1;
    case 'field':
      return Math.max(0, ...expression.any.map(({ kind }) => COST[kind]));
    case 'not':
      return cost(expression.of);
    case 'all':
    case 'any':
      return Math.max(0, ...expression.of.map(cost));
  }
}
