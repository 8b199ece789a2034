import type { Expression, TextTest } from './expression.ts';

export type Predicate<Subject> = (subject: Subject) => boolean;

/** How fields of one kind of subject (an event, a result row) are asked. Each call is made once, at load. */
export interface Fields<Subject> {
  isNull(field: string): Predicate<Subject>;
  /** True where some value of the field passes some of the tests. */
  someValue(field: string, tests: readonly TextTest[]): Predicate<Subject>;
}

/** An expression as closures; `all` and `any` stop at the first part that decides. */
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
      const parts = expression.of.map((part) => predicate(part, fields));
      return (subject) => {
        for (const part of parts) if (!part(subject)) return false;
        return true;
      };
    }
    case 'any': {
      const parts = expression.of.map((part) => predicate(part, fields));
      return (subject) => {
        for (const part of parts) if (part(subject)) return true;
        return false;
      };
    }
  }
}
