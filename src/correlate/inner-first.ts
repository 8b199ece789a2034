import { bottomUp } from '../lib/bottom-up.ts';
import type { Rule } from '../model/rule.ts';

/** The rules in such an order that each stands after those whose detections it counts. Throws where one counts itself: a bug of the loader. */
export function rulesInnerFirst(rules: readonly Rule[]): readonly Rule[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  // A rule of kind match has the id of the base rule that it counts.
  const counted = ({ inputs }: Rule) =>
    inputs.flatMap((input) => byId.get(input) ?? []).filter(({ kind }) => kind !== 'match');
  return bottomUp(rules, counted, ([rule]) => {
    throw new Error(`${rule!.id} counts its own detections`);
  });
}
