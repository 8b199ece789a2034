import type { Counters } from '../model/counters.ts';
import type { EventReader } from '../model/event.ts';
import type { Values } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import { fieldOf, isMemberPlace } from './fields.ts';
import type { Fields } from './group-axis.ts';
import { type Group, groupsOf } from './groups.ts';
import { carriedFields } from './rule-fields.ts';
import { carried } from './values.ts';

/** What differs by rule in the hits of one event. */
export interface RuleHits {
  readonly rule: Rule;
  groups(event: EventReader): readonly Group[];
  /** The values of the rule's fields, for each of these groups; fields without any are left out. */
  values(event: EventReader, groups: readonly Group[]): readonly Values[];
}

export function ruleHits(rule: Rule, fields: Fields, counters: Counters): RuleHits {
  const paths = carriedFields(rule);
  const read = (paths: readonly string[]) =>
    paths.map((path) => ({ path, field: fieldOf(path, fields.plan, fields.derived) }));
  const plain = read(paths.filter((path) => !isMemberPlace(path)));
  const places = read(paths.filter(isMemberPlace));
  const valuesOf = (of: ReturnType<typeof read>, event: EventReader, members?: readonly number[]): Values => {
    const held: [string, readonly string[]][] = [];
    for (const { path, field } of of) {
      const { values, cut } = carried(field, event, undefined, members);
      if (cut > 0) counters.add('values_cut', cut, rule.id);
      if (values.length > 0) held.push([path, values]);
    }
    return Object.fromEntries(held);
  };
  return {
    rule,
    groups: groupsOf(rule, fields, counters),
    values(event, groups) {
      const shared = valuesOf(plain, event);
      if (places.length === 0) return groups.map(() => shared);
      return groups.map(({ placed }) => ({ ...shared, ...valuesOf(places, event, placed) }));
    },
  };
}
