import { lastCombinations } from '../lib/combinations.ts';
import { GROUP_MEMBERS_MAX } from '../model/bounds.ts';
import type { Counters } from '../model/counters.ts';
import { type Detection, FACTS, type Hit, type Values } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { carriedNames, fieldIn } from '../semantics/rule-fields.ts';

/**
 * A detection as hits of a rule that counts it, one for each group. Their identity is the detection's id, so that a
 * detection that fires again counts once. The values of the detection's group replace those of its hits in the same field.
 */
export function chainedHits(
  outer: Rule,
  detection: Detection,
  arrived: Micros,
  counters: Counters,
): readonly Hit[] {
  const valuesOf = (name: string): readonly string[] => {
    const field = fieldIn(outer, detection.rule, name);
    const own = Object.hasOwn(detection.group, field) ? detection.group[field] : undefined;
    if (typeof own === 'string') return [own];
    return (Object.hasOwn(detection.values, field) ? detection.values[field] : undefined) ?? [];
  };
  const { groups, cut } = groupsOf(outer, valuesOf);
  if (cut > 0) counters.add('group_members_cut', cut);
  if (groups.length === 0) counters.add('group_missing_dropped', 1, outer.id);
  const values = {
    ...Object.fromEntries(
      carriedNames(outer)
        .map((name) => [name, valuesOf(name)] as const)
        .filter(([, own]) => own.length > 0),
    ),
    ...factsOf(detection.values),
  };
  return groups.map((group) => ({
    rule: outer.id,
    fingerprint: outer.fingerprint,
    input: detection.rule,
    record: 0,
    identity: detection.id,
    at: detection.at,
    arrived,
    group,
    // No client sent it, so the payer is that of clients without an address.
    payer: '',
    values,
  }));
}

/** Every combination of the group fields' values; none where one is missing and `missing` is drop. */
function groupsOf(
  { groupBy, group: { multivalue, missing } }: Rule,
  valuesOf: (name: string) => readonly string[],
): { readonly groups: readonly Hit['group'][]; readonly cut: number } {
  const lists = groupBy.map((name): Hit['group'] => {
    // Values are held in the order of arrival, which must decide nothing.
    const sorted = [...valuesOf(name)].sort();
    if (sorted.length === 0) return missing === 'drop' ? [] : [null];
    if (multivalue === 'each') return sorted;
    return [multivalue === 'joined' ? sorted.join(', ') : sorted.at(multivalue === 'first' ? 0 : -1)!];
  });
  const { kept, total } = lastCombinations(lists, GROUP_MEMBERS_MAX);
  return { groups: kept, cut: total - kept.length };
}

function factsOf(values: Values): Values {
  return Object.fromEntries(
    Object.values(FACTS).flatMap((fact) => (values[fact] === undefined ? [] : [[fact, values[fact]]])),
  );
}
