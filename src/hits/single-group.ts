import type { EventReader } from '../model/event.ts';
import { bounded } from './bounded-text.ts';
import { fieldOf, isMemberPlace } from './event-field.ts';
import type { FieldSource } from './group-axes.ts';

/**
 * The group key of an event none of whose group fields has several values; nearly all events are so. undefined where
 * `groupsOf` must look at all values, and always for sourceIPs and the places of its members. Saves time (bench hits).
 */
export function singleGroup(
  groupBy: readonly string[],
  fields: FieldSource,
): (event: EventReader) => readonly (string | null)[] | undefined {
  if (groupBy.some((path) => path === 'sourceIPs' || isMemberPlace(path))) return () => undefined;
  const values = groupBy.map((path) => {
    const field = fieldOf(path, fields.plan, fields.derived);
    const shown = path === 'client.address' ? fields.fold : (text: string) => text;
    return fields.remembered.of(path, 'group', (event): string | null | typeof SEVERAL => {
      const count = field.count(event);
      if (count > 1) return SEVERAL;
      const text = count === 1 ? field.text(event, 0) : undefined;
      return text === undefined ? null : bounded(shown(text));
    });
  });
  return (event) => {
    const key: (string | null)[] = [];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!(event);
      if (value === SEVERAL) return undefined;
      key.push(value);
    }
    return key;
  };
}

const SEVERAL = Symbol('several values');
