import type { Detection } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';

/** The values of a field of one detection: distinct, in byte order, empty where it has none. */
export type FieldValues = (name: string) => readonly string[];

/**
 * Finds fields by their own name, else by the name that the rule gives them (`rename`), else among the facts that every
 * hit carries (`@user.name`). The value of the group comes first: a detection is about its group.
 */
export function fieldValues(rule: Rule): (detection: Detection) => FieldValues {
  const originalNames = new Map(Object.entries(rule.rename).map(([field, name]) => [name, field]));
  return (detection) => (name) => {
    for (const field of [name, originalNames.get(name)]) {
      if (field === undefined) continue;
      const key = Object.hasOwn(detection.group, field) ? detection.group[field] : undefined;
      if (typeof key === 'string') return [key];
      for (const held of [field, `@${field}`]) {
        const values = Object.hasOwn(detection.values, held) ? detection.values[held] : undefined;
        // Among the values of a fact, '' stands for a hit that had none.
        const present = held === field ? values : values?.filter((value) => value !== '');
        if (present && present.length > 0) return inByteOrder(present);
      }
    }
    return [];
  };
}

/** Distinct strings in the order of their UTF-8 bytes, as Splunk's values() gives them. */
export function inByteOrder(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
