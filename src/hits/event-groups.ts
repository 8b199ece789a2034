import { lastCombinations } from '../lib/combinations.ts';
import { GROUP_MEMBERS_MAX } from '../model/bounds.ts';
import type { Counters } from '../model/counters.ts';
import type { EventReader } from '../model/event.ts';
import type { Rule } from '../model/rule.ts';
import { axesOf, type FieldSource } from './group-axes.ts';
import { singleGroup } from './single-group.ts';

/** A group in which an event counts. */
export interface EventGroup {
  /** One value for each `groupBy` field; null if it is missing. */
  readonly key: readonly (string | null)[];
  /** The members of sourceIPs whose place is the group's; undefined if neither sourceIPs nor its places are group fields. */
  readonly placed: readonly number[] | undefined;
}

/**
 * The groups of one event: every combination of the values of its group fields. If there are more than GROUP_MEMBERS_MAX,
 * the last ones (group_members_cut). With `missing: drop`, only groups that lack no field (group_missing_dropped).
 */
export function groupsOf(
  rule: Pick<Rule, 'id' | 'groupBy' | 'group'>,
  fields: FieldSource,
): (event: EventReader, counters: Counters) => readonly EventGroup[] {
  const axes = axesOf(rule.groupBy, rule.group, fields);
  const drop = rule.group.missing === 'drop';
  const single = singleGroup(rule.groupBy, fields);
  return (event, counters) => {
    const alone = single(event);
    if (alone !== undefined && !(drop && alone.includes(null))) return [{ key: alone, placed: undefined }];
    let before = 1;
    let cut = 0;
    const lists = axes.map((axis) => {
      const { values, cut: left } = axis.values(event);
      cut += left;
      before *= values.length;
      return drop ? values.filter(({ key }) => !key.includes(null)) : values;
    });
    const { kept: combined, total } = lastCombinations(lists, GROUP_MEMBERS_MAX);
    cut += total - combined.length;
    if (cut > 0) counters.add('group_members_cut', cut);
    if (before > total) counters.add('group_missing_dropped', before - total, rule.id);
    return combined.map((values) => {
      const key: (string | null)[] = rule.groupBy.map(() => null);
      let placed: readonly number[] | undefined;
      values.forEach((value, i) => {
        axes[i]!.positions.forEach((position, j) => {
          key[position] = value.key[j]!;
        });
        placed ??= value.placed;
      });
      return { key, placed };
    });
  };
}
