import type { RiskObject, Rule } from '../model/rule.ts';
import type { FieldValues } from './detection-fields.ts';

/** Risk objects, and so records, of one detection. The rest is left out, counted as values_cut and named in values.truncated. */
const OBJECTS_MAX = 16;

export interface RiskObjectValue {
  readonly type: string;
  readonly value: string;
}

export interface RiskObjects {
  readonly objects: readonly RiskObjectValue[];
  /** How many were left out, and the fields they stood in. */
  readonly left: number;
  readonly cut: readonly string[];
}

/** Every value of every object field, each (type, value) once. An empty value names nobody and is none. */
export function riskObjects(rule: Rule, values: FieldValues): RiskObjects {
  const found = new Map<string, RiskObjectValue>();
  const cut = new Set<string>();
  let left = 0;
  for (const { field, type } of rule.risk.objects) {
    for (const value of values(field)) {
      const key = JSON.stringify([type, value]);
      if (value === '' || found.has(key)) continue;
      if (found.size < OBJECTS_MAX) found.set(key, { type, value });
      else {
        left++;
        cut.add(field);
      }
    }
  }
  return { objects: [...found.values()], left, cut: [...cut] };
}

/**
 * The one threat that a record names: of the first threat entry with a value, the first value in byte order. An
 * attribute of the table is either a string or a list, and this one is a string; the others stand in the values.
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
