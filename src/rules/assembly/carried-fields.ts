import type { Rule } from '../../model/rule.ts';
import { fieldIn, ownFields } from '../../semantics/rule-fields.ts';

/**
 * By id, the fields that the hits of each rule carry for the correlations that count its detections: fields that those read or
 * carry themselves, by the names that they have here. A detection has the values of its group anyway. `rules`: inner ones first.
 */
export function carriedFields(
  rules: readonly Omit<Rule, 'carry' | 'fingerprint'>[],
): ReadonlyMap<string, readonly string[]> {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const carried = new Map(rules.map(({ id }) => [id, new Set<string>()]));
  for (const outer of rules.toReversed()) {
    const names = [...ownFields(outer), ...carried.get(outer.id)!];
    for (const id of outer.inputs) {
      const inner = byId.get(id);
      if (inner === undefined) continue;
      for (const name of names) {
        const field = fieldIn(outer, id, name);
        if (!inner.groupBy.includes(field)) carried.get(id)!.add(field);
      }
    }
  }
  return new Map([...carried].map(([id, fields]) => [id, [...fields].sort()]));
}
