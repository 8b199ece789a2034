import type { Detection } from '../model/hit.ts';
import type { ResultRow, Rule } from '../model/rule.ts';
import { inByteOrder } from './detection-fields.ts';

/** The row for a result filter: group fields and collected fields by their renamed names, as after Splunk's `stats` and `rename`. */
export function resultRow(rule: Rule, detection: Detection): ResultRow {
  const row = new Map<string, string | number | readonly string[]>([['count', detection.count]]);
  const name = (field: string) => (Object.hasOwn(rule.rename, field) ? rule.rename[field]! : field);
  for (const field of rule.risk.collect) {
    const values = inByteOrder(detection.values[field] ?? []);
    if (values.length > 0) row.set(name(field), values.length === 1 ? values[0]! : values);
  }
  for (const [field, value] of Object.entries(detection.group))
    if (value !== null) row.set(name(field), value);
  return Object.fromEntries(row);
}
