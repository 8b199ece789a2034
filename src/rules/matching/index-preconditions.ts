import { oncePerInSteps } from '../../lib/once-per.ts';
import { eachInSteps, type Steps } from '../../lib/steps.ts';
import { isDerived } from '../../semantics/derived-field.ts';
import { type Expression, foldedTexts, SELF, type TextTest } from '../detection/expression.ts';
import { hasIndex } from '../detection/field-name.ts';
import { impliedBy } from './derived-preconditions.ts';

/**
 * By field of the reader: some value of the field must be one of these literals, or the expression cannot hold; null stands for
 * no value, or a null. A necessary condition, never a sufficient one.
 */
export type Preconditions = ReadonlyMap<string, ReadonlySet<string | null>>;

const NONE: Preconditions = new Map();

/** The most alternatives that are kept; more are joined into one, which lets more events through. bench match shows the gain. */
export const ALTERNATIVES_MAX = 8;

/**
 * Preconditions of which at least one must hold completely: for an `or` over two fields, neither field alone is a precondition.
 * An empty list for an expression that can never hold.
 */
export function preconditionAlternatives(expression: Expression): readonly Preconditions[] {
  switch (expression.kind) {
    case 'any': {
      const parts = joinedByField(expression.of.flatMap(preconditionAlternatives));
      if (parts.some((part) => part.size === 0)) return [NONE];
      return parts.length > ALTERNATIVES_MAX ? [parts.reduce(either)] : parts;
    }
    case 'all':
      return expression.of.reduce<readonly Preconditions[]>(
        (made, part) => {
          const alternatives = preconditionAlternatives(part);
          if (made.length * alternatives.length > ALTERNATIVES_MAX)
            return made.map((preconditions) => both(preconditions, preconditionsOf(part)));
          return made.flatMap((preconditions) => alternatives.map((more) => both(preconditions, more)));
        },
        [NONE],
      );
    case 'field': {
      // A list without entries.
      if (expression.any.length === 0) return [];
      const implied = impliedBy(expression);
      return implied === undefined || implied.length === 0
        ? [preconditionsOf(expression)]
        : joinedByField(implied);
    }
    default:
      return [preconditionsOf(expression)];
  }
}

/**
 * The preconditions of an expression: its tests for equality that are not negated. Of an array block, only the tests on members
 * that are scalars.
 */
export function preconditionsOf(expression: Expression): Preconditions {
  switch (expression.kind) {
    case 'all':
      return expression.of.map(preconditionsOf).reduce(both, NONE);
    case 'any':
      return expression.of.length === 0 ? NONE : expression.of.map(preconditionsOf).reduce(either);
    case 'field': {
      const implied = impliedBy(expression);
      if (implied !== undefined) return implied.length === 0 ? NONE : implied.reduce(either);
      if (!isIndexable(expression.field)) return NONE;
      const literals = foldedTexts(expression.any);
      return literals.length < expression.any.length ? NONE : new Map([[expression.field, setOf(literals)]]);
    }
    case 'null':
      return isIndexable(expression.field) ? new Map([[expression.field, new Set([null])]]) : NONE;
    case 'members': {
      if (expression.quantifier === 'none' || expression.quantifier === 'all_or_empty') return NONE;
      const self = isIndexable(expression.field) ? preconditionsOf(expression.of).get(SELF) : undefined;
      return self === undefined || self.has(null) ? NONE : new Map([[expression.field, self]]);
    }
    case 'not':
    case 'exists':
    case 'reference':
    case 'keyword':
      return NONE;
  }
}

/** Rules share long lists. */
const setOf = oncePerInSteps(function* (literals: readonly string[]) {
  const set = new Set<string | null>();
  yield* eachInSteps(literals, (literal) => set.add(literal));
  return set as ReadonlySet<string | null>;
});

/** Makes what the preconditions of these tests need in steps. */
export function* makingPreconditions(tests: readonly TextTest[]): Steps<void> {
  const literals = yield* foldedTexts.making(tests);
  if (literals.length > 0 && literals.length === tests.length) yield* setOf.making(literals);
}

/** A computed field, or one that picks a member by its index, is evaluated at each lookup: too expensive for each event. What a computed field implies can be indexed. */
function isIndexable(field: string): boolean {
  return !isDerived(field) && !hasIndex(field);
}

/** Joins alternatives that have only one field, the same one. */
function joinedByField(alternatives: readonly Preconditions[]): readonly Preconditions[] {
  const single = Map.groupBy(alternatives, (preconditions) =>
    preconditions.size === 1 ? [...preconditions.keys()][0] : undefined,
  );
  return [...single].flatMap(([field, same]) => (field === undefined ? same : [same.reduce(either)]));
}

/** Two values of one field may satisfy two disjoint sets, so only one set can be kept: the smaller one. */
function both(one: Preconditions, other: Preconditions): Preconditions {
  const joined = new Map(one);
  for (const [field, literals] of other) {
    const known = joined.get(field);
    if (known === undefined || literals.size < known.size) joined.set(field, literals);
  }
  return joined;
}

function either(one: Preconditions, other: Preconditions): Preconditions {
  const joined = new Map<string, ReadonlySet<string | null>>();
  for (const [field, literals] of one) {
    const more = other.get(field);
    if (more !== undefined) joined.set(field, new Set([...literals, ...more]));
  }
  return joined;
}
