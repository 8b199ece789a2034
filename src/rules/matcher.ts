import type { FieldNeed, FieldPlan } from '../model/event.ts';
import type { Matcher } from '../model/rule.ts';
import type { BaseRule } from './base-rules.ts';
import { eventFields, isDerived, type Turn } from './event-fields.ts';
import { fieldsOf, foldedTexts } from './expression.ts';
import { guardsOf } from './guards.ts';
import { INDEX_FIELDS_MAX } from './index-fields.ts';
import { predicate } from './predicate.ts';
import { bitOf, RuleIndex, WORD_BITS } from './rule-index.ts';

/** What matching needs of a base rule. */
type Condition = Pick<BaseRule, 'id' | 'expression'>;

/** What the reader must know to match these rules: each path once, with all that it is compared with. */
export function fieldNeeds(bases: readonly Condition[]): readonly FieldNeed[] {
  const scopes = new Map<string | undefined, Map<string, Set<string>>>();
  const needs: { readonly path: string; readonly within?: string; readonly literals: Set<string> }[] = [];
  for (const base of bases) {
    for (const { field, within, tests } of fieldsOf(base.expression)) {
      if (within === undefined && isDerived(field)) continue;
      const paths = scopes.get(within) ?? new Map<string, Set<string>>();
      scopes.set(within, paths);
      const literals = paths.get(field) ?? new Set();
      if (!paths.has(field)) {
        paths.set(field, literals);
        needs.push({ path: field, ...(within === undefined ? {} : { within }), literals });
      }
      for (const text of foldedTexts(tests)) literals.add(text);
    }
  }
  return needs.map((need) => ({ ...need, literals: [...need.literals] }));
}

/**
 * Evaluates only the rules that an index over their tests for equality lets through, in their order. Nothing is allocated
 * for an event that none of them can match. `hit` must not call `match`: scratch is shared.
 * `plan` must hold all of `fieldNeeds(bases)`; one that does not is a bug, and throws.
 */
export function compileMatcher(
  bases: readonly Condition[],
  plan: FieldPlan,
  indexFields = INDEX_FIELDS_MAX,
): Matcher {
  const fields = eventFields(plan);
  const ids = bases.map(({ id }) => id);
  const predicates = bases.map(({ expression }) => predicate(expression, fields));
  const index = new RuleIndex(
    bases.map(({ expression }) => guardsOf(expression)),
    plan,
    indexFields,
  );
  const turn = {} as { -readonly [key in keyof Turn]: Turn[key] };
  return {
    match(event, derived, hit) {
      const candidates = index.candidates(event);
      turn.event = event;
      turn.derived = derived;
      for (let word = 0; word < candidates.length; word++) {
        let left = candidates[word]!;
        while (left !== 0) {
          const rule = word * WORD_BITS + Math.clz32(left);
          left ^= bitOf(rule);
          if (predicates[rule]!(turn)) hit(ids[rule]!);
        }
      }
    },
  };
}

/** Tries every rule on every event: what the indexed matcher must agree with. */
export function compilePlainMatcher(bases: readonly Condition[], plan: FieldPlan): Matcher {
  const fields = eventFields(plan);
  const compiled = bases.map(({ id, expression }) => ({ id, matches: predicate(expression, fields) }));
  return {
    match(event, derived, hit) {
      const turn = { event, derived };
      for (const { id, matches } of compiled) if (matches(turn)) hit(id);
    },
  };
}
