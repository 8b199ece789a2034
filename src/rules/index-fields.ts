import type { Guards } from './guards.ts';

/**
 * At most this many fields are looked up an event. Rules that only other fields guard are evaluated where the indexed
 * ones let them through. bench match shows what more or fewer cost.
 */
export const INDEX_FIELDS_MAX = 6;

/**
 * The fields to index, in the order to ask them: each takes away the most of the rules that those before it leave. No
 * event is known at load, so each literal of a field, and "none of them", is taken to be as likely as any other.
 */
export function indexFields(guards: readonly Guards[], most = INDEX_FIELDS_MAX): readonly string[] {
  const literals = new Map<string, Set<string>>();
  for (const own of guards) {
    for (const [field, wanted] of own) {
      const known = literals.get(field) ?? new Set();
      literals.set(field, known);
      for (const literal of wanted) known.add(literal);
    }
  }
  const passes = (own: Guards, field: string) => {
    const wanted = own.get(field);
    return wanted === undefined ? 1 : wanted.size / (literals.get(field)!.size + 1);
  };

  const chosen: string[] = [];
  /** By rule, the share of events that the chosen fields leave it. */
  let shares = guards.map(() => 1);
  while (chosen.length < most && literals.size > 0) {
    let best = '';
    let gain = -1;
    for (const field of literals.keys()) {
      const taken = guards.reduce((sum, own, i) => sum + shares[i]! * (1 - passes(own, field)), 0);
      if (taken <= gain) continue;
      best = field;
      gain = taken;
    }
    shares = shares.map((share, i) => share * passes(guards[i]!, best));
    literals.delete(best);
    chosen.push(best);
  }
  return chosen;
}
