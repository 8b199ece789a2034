import { lastCombinations } from '../lib/combinations.ts';
import { GROUP_MEMBERS_MAX } from '../model/bounds.ts';
import type { Counters } from '../model/counters.ts';
import type { EventReader } from '../model/event.ts';
import type { Rule } from '../model/rule.ts';
import { axesOf, type FieldSource } from './group-axes.ts';
import { singleGroup } from './single-group.ts';

/** A group that an event counts under. */
export interface EventGroup {
  /** One value a `groupBy` field; null is a missing one. */
  readonly key: readonly (string | null)[];
  /** The members of sourceIPs whose place the group tells; undefined where sourceIPs and its places are no group fields. */
  readonly placed: readonly number[] | undefined;
}

/**
 * The groups of one event, at most GROUP_MEMBERS_MAX: every combination of the values of its group fields, the last ones
 * where there are more (group_members_cut). With `missing: drop` none that lacks a field (group_missing_dropped).
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
      const found = axis.cells(event);
      cut += found.cut;
      before *= found.cells.length;
      return drop ? found.cells.filter(({ key }) => !key.includes(null)) : found.cells;
    });
    const { kept: combined, total } = lastCombinations(lists, GROUP_MEMBERS_MAX);
    cut += total - combined.length;
    if (cut > 0) counters.add('group_members_cut', cut);
    if (before > total) counters.add('group_missing_dropped', before - total, rule.id);
    return combined.map((cells) => {
      const key: (string | null)[] = rule.groupBy.map(() => null);
      let placed: readonly number[] | undefined;
      cells.forEach((cell, i) => {
        axes[i]!.positions.forEach((position, j) => {
          key[position] = cell.key[j]!;
        });
        placed ??= cell.placed;
      });
      return { key, placed };
    });
  };
}
