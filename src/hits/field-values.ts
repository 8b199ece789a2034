import type { EventReader } from '../model/event.ts';
import { bounded } from './bounded-text.ts';
import type { EventField } from './event-field.ts';
import { sharedList } from './shared-lists.ts';

/** Values of one field that a hit takes from one event: the last ones; see `leftOut`. */
export const EVENT_VALUES_MAX = 1000;

const NONE: readonly string[] = [];
const asIs = (text: string): string => text;

/**
 * The distinct values of a field, or of some members of it, without null. `shown` is applied to each before it is
 * bounded.
 */
export function carried(
  field: EventField,
  event: EventReader,
  shown: (text: string) => string = asIs,
  members?: readonly number[],
): readonly string[] {
  const count = members ? members.length : field.count(event);
  // Nearly all fields have one value or none; a set for each would be most of the cost of a hit (bench hits).
  if (count === 0) return NONE;
  if (count === 1) {
    const text = field.text(event, members ? members[0]! : 0);
    return text === undefined ? NONE : sharedList(bounded(shown(text)));
  }
  const values = new Set<string>();
  for (let i = Math.max(0, count - EVENT_VALUES_MAX); i < count; i++) {
    const text = field.text(event, members ? members[i]! : i);
    if (text !== undefined) values.add(bounded(shown(text)));
  }
  return [...values];
}

/** How many values `carried` leaves out without reading them. */
export function leftOut(field: EventField, event: EventReader, members?: readonly number[]): number {
  return Math.max(0, (members ? members.length : field.count(event)) - EVENT_VALUES_MAX);
}
