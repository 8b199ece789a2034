import type { RepeatingSet } from '../../model/event.ts';
import { allOf, type Expression } from '../detection/expression.ts';
import { impliedBy } from './derived-preconditions.ts';
import type { Preconditions } from './index-preconditions.ts';
import { soleSet } from './sole-set.ts';

/** What must hold of the fields of one set where the expression holds; undefined where nothing is known. */
export function impliedIn(expression: Expression, set: RepeatingSet): Expression | undefined {
  if (soleSet(expression) === set) return expression;
  switch (expression.kind) {
    case 'all': {
      const known = expression.of.flatMap((part) => impliedIn(part, set) ?? []);
      return known.length === 0 ? undefined : allOf(known);
    }
    case 'any': {
      const known = expression.of.flatMap((part) => impliedIn(part, set) ?? []);
      return known.length < expression.of.length ? undefined : { kind: 'any', of: known };
    }
    case 'field': {
      const implied = impliedBy(expression)?.map(oneOfEach);
      return implied && impliedIn({ kind: 'any', of: implied }, set);
    }
    default:
      return undefined;
  }
}

/** Each field has one of its values; null stands for none. */
function oneOfEach(values: Preconditions): Expression {
  return allOf([...values].map(([field, texts]) => oneOf(field, [...texts])));
}

function oneOf(field: string, texts: readonly (string | null)[]): Expression {
  const equal = texts.flatMap((text) => (text === null ? [] : [{ kind: 'equal', text } as const]));
  const some: Expression = { kind: 'field', field, any: equal };
  return texts.includes(null) ? { kind: 'any', of: [{ kind: 'null', field }, some] } : some;
}
