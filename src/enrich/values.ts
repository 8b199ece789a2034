import type { EventReader } from '../model/event.ts';
import type { Field } from './fields.ts';
import { valueText } from './text.ts';

/** Values of one field that one event gives a hit: the last ones, counted as values_cut where there are more. */
export const EVENT_VALUES_MAX = 1000;

export interface Carried {
  /** Distinct, null left out. */
  readonly values: readonly string[];
  /** How many values were left out unread. */
  readonly cut: number;
}

/** All values of a field, or those of some members; `shown` is applied to each before it is cut to VALUE_TEXT_MAX. */
export function carried(
  field: Field,
  event: EventReader,
  shown: (text: string) => string = (text) => text,
  members?: readonly number[],
): Carried {
  const values = new Set<string>();
  const count = members ? members.length : field.count(event);
  const cut = Math.max(0, count - EVENT_VALUES_MAX);
  for (let i = cut; i < count; i++) {
    const text = field.text(event, members ? members[i]! : i);
    if (text !== undefined) values.add(valueText(shown(text)));
  }
  return { values: [...values], cut };
}
