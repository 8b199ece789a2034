import type { Rule } from '../model/rule.ts';

/** For a base rule: its own id, and the ids of all rules that count its matches, directly or through other rules. */
export function countingRules(rules: readonly Rule[]): (base: string) => readonly string[] {
  const byInput = new Map<string, string[]>();
  for (const { id, inputs } of rules)
    for (const input of inputs) byInput.set(input, [...(byInput.get(input) ?? []), id]);
  const known = new Map<string, readonly string[]>();
  return (base) => {
    const found = known.get(base) ?? reached(base, byInput);
    known.set(base, found);
    return found;
  };
}

function reached(base: string, byInput: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const all = new Set([base]);
  // A set goes on to what is added to it meanwhile.
  for (const id of all) for (const next of byInput.get(id) ?? []) all.add(next);
  return [...all];
}
