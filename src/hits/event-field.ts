import { scalarText } from '../lib/scalar-text.ts';
import type { Derived, DerivedField, EventReader, FieldPlan } from '../model/event.ts';
import { isDerived } from '../semantics/derived-field.ts';

/** One field of the current event, whether it is read or derived. */
export interface EventField {
  count(event: EventReader): number;
  /** The i-th value as text; undefined for null, and for the place of an address without one. */
  text(event: EventReader, i: number): string | undefined;
}

export function fieldOf(path: string, plan: FieldPlan, derived: Derived): EventField {
  if (isDerived(path))
    return {
      count: (event) => derived.count(path, event),
      text: (event, i) => scalarText(derived.value(path, event, i)),
    };
  const id = plan.id(path);
  return {
    count: (event) => event.count(id),
    text: (event, i) => scalarText(event.scalar(id, i)),
  };
}

/** Whether a field is the place of a member of sourceIPs: it belongs to that member and is never combined with the others. */
export function isMemberPlace(path: string): path is DerivedField {
  return path.startsWith('sourceIPs.geo.') && isDerived(path);
}

/** The indices of the first `most` values, in order. */
export function firstOnes(field: EventField, event: EventReader, most = Number.POSITIVE_INFINITY): number[] {
  const found: number[] = [];
  const count = field.count(event);
  for (let i = 0; i < count && found.length < most; i++)
    if (field.text(event, i) !== undefined) found.push(i);
  return found;
}

/** The indices of the last `most` values, in order. */
export function lastOnes(field: EventField, event: EventReader, most: number): number[] {
  const found: number[] = [];
  for (let i = field.count(event) - 1; i >= 0 && found.length < most; i--)
    if (field.text(event, i) !== undefined) found.push(i);
  return found.reverse();
}
