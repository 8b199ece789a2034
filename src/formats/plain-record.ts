import type { RiskEvent } from '../model/risk.ts';
import type { Micros } from '../model/time.ts';

/**
 * A risk event in the form that one destination wants, before its encoding: what an OTLP log record holds, as plain data.
 * Every writer (OTLP records, lines of JSON) is made for this and knows nothing of risk events, and every form of a risk event
 * (plainOtel, splunk, ocsf) ends here. Numbers are integers on the wire, except those that DOUBLES names.
 */
export interface PlainRecord
  extends Pick<RiskEvent, 'at' | 'body' | 'severity' | 'severityText' | 'attributes' | 'resource'> {
  /** The EventName. */
  readonly name: string;
}

/** A form of risk events; `observed`: when the record is written. Pure, so that a record can be made again for a retry. */
export type PlainForm = (event: RiskEvent, observed: Micros) => PlainRecord;

/** The form `otel`: the attributes of docs/risk-event.md as they are. */
export const plainOtel: PlainForm = (event) => event;

/** The same form with the time at which the record is written, for backends that refuse what is older than what they have. */
export function stampedWhenSent(form: PlainForm): PlainForm {
  return (event, observed) => ({ ...form(event, observed), at: observed });
}
