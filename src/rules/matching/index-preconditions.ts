import { isDerived } from '../../semantics/derived-field.ts';
import { type Expression, foldedTexts, SELF } from '../detection/expression.ts';
import { hasIndex } from '../detection/field-name.ts';
import { impliedBy } from './derived-guards.ts';

/**
 * By field of the reader: the literals of which some value of the field must be one, or the expression cannot hold; null
 * among them stands for no value, or a null. A necessary condition, never a sufficient one.
 */
export type Guards = ReadonlyMap<string, ReadonlySet<string | null>>;

const NONE: Guards = new Map();

/** Alternatives that are kept apart; more are joined to one that guards less. bench match shows what they save. */
export const ALTERNATIVES_MAX = 8;

/**
 * Guards of which at least one must hold as a whole, since a rule's `or` over two fields is guarded by neither alone.
 * None at all for what can never hold.
 */
export function alternativesOf(expression: Expression): readonly Guards[] {
  switch (expression.kind) {
    case 'any': {
      const parts = joinedByField(expression.of.flatMap(alternativesOf));
      if (parts.some((part) => part.size === 0)) return [NONE];
      return parts.length > ALTERNATIVES_MAX ? [parts.reduce(either)] : parts;
    }
    case 'all':
      return expression.of.reduce<readonly Guards[]>(
        (made, part) => {
          const alternatives = alternativesOf(part);
          if (made.length * alternatives.length > ALTERNATIVES_MAX)
            return made.map((guards) => both(guards, guardsOf(part)));
          return made.flatMap((guards) => alternatives.map((more) => both(guards, more)));
        },
        [NONE],
      );
    case 'field': {
      const implied = impliedBy(expression);
      return implied === undefined || implied.length === 0 ? [guardsOf(expression)] : joinedByField(implied);
    }
    default:
      return [guardsOf(expression)];
  }
}

/**
 * Every field that guards the expression. What is negated, or more than a test for equality, guards nothing, and of array
 * blocks only what they ask of members that are scalars.
 */
export function guardsOf(expression: Expression): Guards {
  switch (expression.kind) {
    case 'all':
      return expression.of.map(guardsOf).reduce(both, NONE);
    case 'any':
      return expression.of.length === 0 ? NONE : expression.of.map(guardsOf).reduce(either);
    case 'field': {
      const implied = impliedBy(expression);
      if (implied !== undefined) return implied.length === 0 ? NONE : implied.reduce(either);
      if (!isGuard(expression.field)) return NONE;
      const literals = foldedTexts(expression.any);
      return literals.length < expression.any.length
        ? NONE
        : new Map([[expression.field, new Set(literals)]]);
    }
    case 'null':
      return isGuard(expression.field) ? new Map([[expression.field, new Set([null])]]) : NONE;
    case 'members': {
      if (expression.quantifier === 'none' || expression.quantifier === 'all_or_empty') return NONE;
      const self = isGuard(expression.field) ? guardsOf(expression.of).get(SELF) : undefined;
      return self === undefined || self.has(null) ? NONE : new Map([[expression.field, self]]);
    }
    case 'not':
    case 'exists':
    case 'reference':
    case 'keyword':
      return NONE;
  }
}

/** What is computed (but for what it implies), or picks a member by its place, is looked for anew each time: no field to ask of each event. */
function isGuard(field: string): boolean {
  return !isDerived(field) && !hasIndex(field);
}

/** Alternatives that ask of one and the same field alone are one. */
function joinedByField(alternatives: readonly Guards[]): readonly Guards[] {
  const single = Map.groupBy(alternatives, (guards) =>
    guards.size === 1 ? [...guards.keys()][0] : undefined,
  );
  return [...single].flatMap(([field, own]) => (field === undefined ? own : [own.reduce(either)]));
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
  const joined = new Map<string, ReadonlySet<string | null>>();
  for (const [field, literals] of one) {
    const more = other.get(field);
    if (more !== undefined) joined.set(field, new Set([...literals, ...more]));
  }
  return joined;
}
