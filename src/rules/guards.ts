import { isDerived } from './event-fields.ts';
import { type Expression, foldedTexts, SELF } from './expression.ts';
import { hasIndex } from './field-name.ts';

/**
 * By field of the reader: the literals of which some value of the field must be one, or the expression cannot hold.
 * A necessary condition, never a sufficient one.
 */
export type Guards = ReadonlyMap<string, ReadonlySet<string>>;

const NONE: Guards = new Map();

/** Every field that guards the expression. What is negated, null, or more than a test for equality guards nothing, and
 * of array blocks only what they ask of members that are scalars. */
export function guardsOf(expression: Expression): Guards {
  switch (expression.kind) {
    case 'all':
      return expression.of.map(guardsOf).reduce(both, NONE);
    case 'any':
      return expression.of.length === 0 ? NONE : expression.of.map(guardsOf).reduce(either);
    case 'field': {
      // What picks a member by its place is looked for anew each time, so it is no field to ask of each event.
      if (isDerived(expression.field) || hasIndex(expression.field)) return NONE;
      const literals = foldedTexts(expression.any);
      return literals.length < expression.any.length
        ? NONE
        : new Map([[expression.field, new Set(literals)]]);
    }
    case 'members': {
      if (expression.quantifier === 'none' || expression.quantifier === 'all_or_empty') return NONE;
      const self = hasIndex(expression.field) ? undefined : guardsOf(expression.of).get(SELF);
      return self === undefined ? NONE : new Map([[expression.field, self]]);
    }
    case 'not':
    case 'null':
    case 'exists':
    case 'reference':
    case 'keyword':
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
