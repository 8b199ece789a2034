import type { Detection } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';

/** The values of a field of one detection, distinct and in byte order; empty where it has none. */
export type FieldValues = (name: string) => readonly string[];

/**
 * Fields by their own name, else by the name that the rule gives them (`rename`), else, for the few that every hit
 * tells (`@user.name`), by that. The group's value goes first: a detection is about its group.
 */
export function fieldValues(rule: Rule): (detection: Detection) => FieldValues {
  const own = new Map(Object.entries(rule.rename).map(([field, name]) => [name, field]));
  return (detection) => (name) => {
    for (const field of [name, own.get(name)]) {
      if (field === undefined) continue;
      const key = Object.hasOwn(detection.group, field) ? detection.group[field] : undefined;
      if (typeof key === 'string') return [key];
      for (const held of [field, `@${field}`]) {
        const values = Object.hasOwn(detection.values, held) ? detection.values[held] : undefined;
        // Of what every hit tells, '' stands for a hit that had none.
        const told = held === field ? values : values?.filter((value) => value !== '');
        if (told && told.length > 0) return inByteOrder(told);
      }
    }
    return [];
  };
}

/** Distinct strings in the order of their UTF-8 bytes, as Splunk's values() gives them. */
export function inByteOrder(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
