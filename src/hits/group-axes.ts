import { GROUP_MEMBERS_MAX } from '../model/bounds.ts';
import type { Derived, EventReader, FieldPlan } from '../model/event.ts';
import type { Grouping } from '../model/rule.ts';
import { bounded } from './bounded-text.ts';
import { type EventField, fieldOf, firstOnes, isMemberPlace, lastOnes } from './event-field.ts';
import type { RememberedValues } from './remembered-values.ts';

/** One way in which an event counts on an axis. */
export interface AxisValue {
  /** One value for each field of the axis; null if it is missing. */
  readonly key: readonly (string | null)[];
  /** The members of sourceIPs whose place this is. Only on the axis of sourceIPs. */
  readonly placed?: readonly number[];
}

/** Group fields whose values belong together: one field, or sourceIPs with the places of its members. */
export interface Axis {
  /** Indices into the rule's groupBy, in the order of a value's key. */
  readonly positions: readonly number[];
  /** At least one; `cut` members were left out. */
  values(event: EventReader): { readonly values: readonly AxisValue[]; readonly cut: number };
}

/** Reads the fields of a rule set. */
export interface FieldSource {
  readonly plan: FieldPlan;
  readonly derived: Derived;
  /** The group value of a client's address: for IPv6, its network. */
  readonly fold: (address: string) => string;
  readonly remembered: RememberedValues;
}

export function axesOf(groupBy: readonly string[], how: Grouping, fields: FieldSource): readonly Axis[] {
  const byLead = new Map<string, number[]>();
  groupBy.forEach((path, position) => {
    const lead = isMemberPlace(path) ? 'sourceIPs' : path;
    byLead.set(lead, [...(byLead.get(lead) ?? []), position]);
  });
  return [...byLead].map(([lead, positions]) => axis(lead, groupBy, positions, how, fields));
}

function axis(
  lead: string,
  groupBy: readonly string[],
  positions: readonly number[],
  how: Grouping,
  { plan, derived, fold }: FieldSource,
): Axis {
  const members = fieldOf(lead, plan, derived);
  const fields = positions.map((position) => fieldOf(groupBy[position]!, plan, derived));
  const isPlace = positions.map((position) => isMemberPlace(groupBy[position]!));
  const shown = lead === 'client.address' ? fold : (text: string) => text;
  const paired = lead === 'sourceIPs';
  return {
    positions,
    values(event) {
      const { picks, cut } = pick(members, event, how);
      const values = picks.map((picked): AxisValue => {
        const placed = paired ? placedBy(members, event, picked, how) : picked;
        const key = fields.map((field, i) => joined(field, event, isPlace[i] ? placed : picked, shown));
        return paired ? { key, placed } : { key };
      });
      return { values: how.repeats ? values : distinct(values), cut };
    },
  };
}

/**
 * The indices behind each value of the axis: one index each, or all in one. A field without a value has one, with no
 * index.
 */
function pick(
  members: EventField,
  event: EventReader,
  { multivalue }: Grouping,
): { readonly picks: readonly (readonly number[])[]; readonly cut: number } {
  switch (multivalue) {
    case 'first':
      return { picks: [firstOnes(members, event, 1)], cut: 0 };
    case 'last':
      return { picks: [lastOnes(members, event, 1)], cut: 0 };
    case 'joined':
      return { picks: [firstOnes(members, event)], cut: 0 };
    case 'each': {
      const last = lastOnes(members, event, GROUP_MEMBERS_MAX);
      if (last.length === 0) return { picks: [[]], cut: 0 };
      const cut = last.length === GROUP_MEMBERS_MAX ? last[0]! : 0;
      return { picks: last.map((i) => [i]), cut };
    }
  }
}

/** The members whose place belongs to the members that were picked. */
function placedBy(
  members: EventField,
  event: EventReader,
  picked: readonly number[],
  { place }: Grouping,
): readonly number[] {
  if (place === 'own') return picked;
  if (place === 'first') return firstOnes(members, event, 1);
  return lastOnes(members, event, 2).length > 1 ? [] : picked;
}

/** null if none of the members has a value. */
function joined(
  field: EventField,
  event: EventReader,
  members: readonly number[],
  shown: (text: string) => string,
): string | null {
  const texts = members.map((i) => field.text(event, i)).filter((text) => text !== undefined);
  return texts.length === 0 ? null : bounded(texts.map(shown).join(', '));
}

function distinct(values: readonly AxisValue[]): readonly AxisValue[] {
  const byKey = new Map<string, AxisValue>();
  for (const value of values) {
    const key = JSON.stringify(value.key);
    if (!byKey.has(key)) byKey.set(key, value);
  }
  return [...byKey.values()];
}
