import type { FieldNeed, FieldPlan } from '../model/event.ts';
import type { Matcher } from '../model/rule.ts';
import type { BaseRule } from './base-rules.ts';
import { eventFields, isDerived } from './event-fields.ts';
import { fieldsOf } from './expression.ts';
import { predicate } from './predicate.ts';

/** What the reader must know to match these rules: each path once, with all that it is compared with. */
export function fieldNeeds(bases: readonly BaseRule[]): readonly FieldNeed[] {
  const needs = new Map<string, Set<string>>();
  for (const base of bases) {
    for (const { field, tests } of fieldsOf(base.expression)) {
      if (isDerived(field)) continue;
      const literals = needs.get(field) ?? new Set();
      needs.set(field, literals);
      for (const test of tests) if (test.kind === 'equal') literals.add(test.text);
    }
  }
  return [...needs].map(([path, literals]) => ({ path, literals: [...literals] }));
}

/** `plan` must hold all of `fieldNeeds(bases)`; one that does not is a bug, and throws. */
export function compileMatcher(bases: readonly BaseRule[], plan: FieldPlan): Matcher {
  const fields = eventFields(plan);
  const compiled = bases.map(({ id, expression }) => ({ id, matches: predicate(expression, fields) }));
  return {
    match(event, derived, hit) {
      const turn = { event, derived };
      for (const { id, matches } of compiled) if (matches(turn)) hit(id);
    },
  };
}
