import { DERIVED_FIELDS, type DerivedField } from '../model/event.ts';

const DERIVED: ReadonlySet<string> = new Set(DERIVED_FIELDS);

/** Whether enrichment computes the field; all others are read from the event. */
export function isDerived(field: string): field is DerivedField {
  return DERIVED.has(field);
}
