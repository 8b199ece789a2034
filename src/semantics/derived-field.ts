import { DERIVED_FIELDS, type DerivedField, REQUEST_FIELDS, type RequestField } from '../model/event.ts';

const DERIVED: ReadonlySet<string> = new Set(DERIVED_FIELDS);
const OF_REQUEST: ReadonlySet<string> = new Set(REQUEST_FIELDS);

/** Whether enrichment computes the field; all others are read from the event. */
export function isDerived(field: string): field is DerivedField {
  return DERIVED.has(field);
}

/** Whether the field says what the request did; the other derived fields are about the client. */
export function isRequestField(field: string): field is RequestField {
  return OF_REQUEST.has(field);
}
