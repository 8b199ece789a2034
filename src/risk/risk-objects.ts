import type { RiskObject, Rule } from '../model/rule.ts';
import type { FieldValues } from './detection-fields.ts';

/** Risk objects, and so records, of one detection. The others are left out and counted as values_cut; their fields are named in values.truncated. */
const OBJECTS_MAX = 16;

export interface RiskObjectValue {
  readonly type: string;
  readonly value: string;
}

export interface RiskObjects {
  readonly objects: readonly RiskObjectValue[];
  /** How many were left out, and the fields that held them. */
  readonly omitted: number;
  readonly cutFields: readonly string[];
}

/** Every value of every object field, each (type, value) once. An empty value is not a risk object. */
export function riskObjects(rule: Rule, values: FieldValues): RiskObjects {
  const objects = new Map<string, RiskObjectValue>();
  const cutFields = new Set<string>();
  let omitted = 0;
  for (const { field, type } of rule.risk.objects) {
    for (const value of values(field)) {
      const key = JSON.stringify([type, value]);
      if (value === '' || objects.has(key)) continue;
      if (objects.size < OBJECTS_MAX) objects.set(key, { type, value });
      else {
        omitted++;
        cutFields.add(field);
      }
    }
  }
  return { objects: [...objects.values()], omitted, cutFields: [...cutFields] };
}

/**
 * The one threat that a record names: the first value in byte order of the first threat entry that has a value. The
 * attribute is a string and not a list; the other values are in `sidewatch.values`.
 */
export function threatObject(
  threats: readonly RiskObject[],
  values: FieldValues,
): RiskObjectValue | undefined {
  for (const { field, type } of threats) {
    const value = values(field).find((each) => each !== '');
    if (value !== undefined) return { type, value };
  }
  return undefined;
}
