import { isDerived } from './event-fields.ts';
import type { Expression } from './expression.ts';

/**
 * By field of the reader: the literals of which some value of the field must be one, or the expression cannot hold.
 * A necessary condition, never a sufficient one.
 */
export type Guards = ReadonlyMap<string, ReadonlySet<string>>;

const NONE: Guards = new Map();

/** Every field that guards the expression. What is negated, null, or more than a test for equality guards nothing. */
export function guardsOf(expression: Expression): Guards {
  switch (expression.kind) {
    case 'all':
      return expression.of.map(guardsOf).reduce(both, NONE);
    case 'any':
      return expression.of.length === 0 ? NONE : expression.of.map(guardsOf).reduce(either);
    case 'field': {
      if (isDerived(expression.field)) return NONE;
      const literals = expression.any.flatMap((test) => (test.kind === 'equal' ? [test.text] : []));
      return literals.length < expression.any.length
        ? NONE
        : new Map([[expression.field, new Set(literals)]]);
    }
    case 'not':
    case 'null':
      return NONE;
  }
}

/** Two values of one field may satisfy two sets that have nothing in common, so one set stands: the smaller. */
function both(one: Guards, other: Guards): Guards {
  const joined = new Map(one);
  for (const [field, literals] of other) {
    const known = joined.get(field);
    if (known === undefined || literals.size < known.size) joined.set(field, literals);
  }
  return joined;
}

function either(one: Guards, other: Guards): Guards {
  const joined = new Map<string, ReadonlySet<string>>();
  for (const [field, literals] of one) {
    const more = other.get(field);
    if (more !== undefined) joined.set(field, new Set([...literals, ...more]));
  }
  return joined;
}
