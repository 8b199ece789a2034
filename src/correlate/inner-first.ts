import type { Rule } from '../model/rule.ts';

/** The rules so that each stands behind those whose detections it counts. Throws where one counts itself: a bug of the loader. */
export function innerFirst(rules: readonly Rule[]): readonly Rule[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const ordered = new Set<Rule>();
  const visit = (rule: Rule, outer: readonly Rule[]): void => {
    if (outer.includes(rule)) throw new Error(`${rule.id} counts its own detections`);
    if (ordered.has(rule)) return;
    for (const input of rule.inputs) {
      const inner = byId.get(input);
      // A base rule's match rule has the id of what it counts.
      if (inner !== undefined && inner.kind !== 'match') visit(inner, [...outer, rule]);
    }
    ordered.add(rule);
  };
  for (const rule of rules) visit(rule, []);
  return [...ordered];
}
