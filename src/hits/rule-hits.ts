import type { Counters } from '../model/counters.ts';
import type { EventReader } from '../model/event.ts';
import { FACTS, type Values } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Span } from '../model/time.ts';
import { carriedNames, fieldIn } from '../semantics/rule-fields.ts';
import { isCut } from './bounded-text.ts';
import { fieldOf, isMemberPlace } from './event-field.ts';
import { type EventGroup, groupsOf } from './event-groups.ts';
import { carried, leftOut } from './field-values.ts';
import type { FieldSource } from './group-axes.ts';
import { answeredWithin } from './request-time.ts';

/** What a hit takes from one field. */
interface FieldValues {
  readonly values: readonly string[];
  /** Values that were left out, and whether that or a value's length has cut something. */
  readonly left: number;
  readonly isCut: boolean;
}

/** The parts of an event's hits that differ from rule to rule. */
export interface RuleHits {
  readonly rule: Rule;
  /** See `answeredWithin`. */
  readonly within: Span | undefined;
  groups(event: EventReader, counters: Counters): readonly EventGroup[];
  /** `facts` and the values of the rule's fields, for each of these groups; fields without a value are left out. */
  values(
    event: EventReader,
    groups: readonly EventGroup[],
    facts: Values,
    counters: Counters,
  ): readonly Values[];
}

/**
 * The hits of a rule for matches of one base rule. `input`: that base rule's id, since an alias can name another field in
 * each.
 */
export function ruleHits(rule: Rule, input: string, fields: FieldSource): RuleHits {
  // Values that are counted, or become group keys of a later rule, must be folded as the values of group fields are.
  const folding = new Set([...rule.conditionFields, ...rule.carry]);
  const held = carriedNames(rule).map((name) => {
    const path = fieldIn(rule, input, name);
    const folded = path === 'client.address' ? fields.fold : (text: string) => text;
    const field = fieldOf(path, fields.plan, fields.derived);
    const shown = folding.has(name) ? folded : undefined;
    const valuesIn = (event: EventReader, members?: readonly number[]): FieldValues => {
      const values = carried(field, event, shown, members);
      const left = leftOut(field, event, members);
      return { values, left, isCut: left > 0 || values.some(isCut) };
    };
    const isPlace = isMemberPlace(path);
    return {
      name,
      isPlace,
      valuesIn: isPlace
        ? valuesIn
        : fields.remembered.of(path, shown ? 'folded' : 'values', (event) => valuesIn(event)),
    };
  });
  const plain = held.filter(({ isPlace }) => !isPlace);
  const places = held.filter(({ isPlace }) => isPlace);
  const joined = (
    to: Values,
    of: typeof held,
    event: EventReader,
    counters: Counters,
    members?: readonly number[],
  ): Values => {
    const all: Record<string, readonly string[]> = { ...to };
    const cutFields: string[] = [];
    for (let i = 0; i < of.length; i++) {
      const { name, valuesIn } = of[i]!;
      const { values, left, isCut } = valuesIn(event, members);
      if (values.length > 0) all[name] = values;
      if (left > 0) counters.add('values_cut', left, rule.id);
      if (isCut) cutFields.push(name);
    }
    if (cutFields.length > 0) all[FACTS.cut] = [...(all[FACTS.cut] ?? []), ...cutFields];
    return all;
  };
  const groupBy = rule.groupBy.map((name) => fieldIn(rule, input, name));
  return {
    rule,
    within: answeredWithin(rule),
    groups: groupsOf({ ...rule, groupBy }, fields),
    values(event, groups, facts, counters) {
      const shared = joined(facts, plain, event, counters);
      if (places.length === 0) return groups.map(() => shared);
      return groups.map(({ placed }) => joined(shared, places, event, counters, placed));
    },
  };
}
