import type { FieldPlan } from '../../src/model/event.ts';
import type { Matcher } from '../../src/model/rule.ts';
import type { Expression } from '../../src/rules/detection/expression.ts';
import { eventFields } from '../../src/rules/matching/event-fields.ts';
import { predicate } from '../../src/rules/matching/predicate.ts';

/** Tries every rule on every event: the matcher with an index must give the same answers. */
export function compilePlainMatcher(
  bases: readonly { readonly id: string; readonly expression: Expression }[],
  plan: FieldPlan,
): Matcher {
  const fields = eventFields(plan);
  const compiled = bases.map(({ id, expression }) => ({ id, matches: predicate(expression, fields) }));
  return {
    match(event, derived, hit) {
      const current = { event, derived };
      for (const { id, matches } of compiled) if (matches(current)) hit(id);
    },
  };
}
