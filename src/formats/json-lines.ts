import { jsonText } from '../lib/json-text.ts';
import { plainText } from '../lib/plain-text.ts';
import { formatTime } from '../lib/time-format.ts';
import type { RiskEvent } from '../model/risk.ts';
import type { Format } from './format.ts';
import type { PlainForm, PlainRecord } from './plain-record.ts';

/** A format (format.ts): risk events for people and scripts, as JSON, one event on each line. The same on stdout and from `replay --output json`. */
export function jsonLines(events: readonly RiskEvent[]): string {
  return events.map(jsonLine).join('');
}

/** The same for risk events in a form. `line` makes the line of one record. */
export function formLines(form: PlainForm, line: (record: PlainRecord) => string = jsonLine): Format<string> {
  return (events, observed) => events.map((event) => line(form(event, observed))).join('');
}

export function jsonLine(record: PlainRecord): string {
  const json = {
    timestamp: formatTime(record.at),
    eventName: record.name,
    severityText: record.severityText,
    severityNumber: record.severity,
    body: record.body,
    attributes: record.attributes,
    resource: record.resource,
  };
  return `${jsonText(json)}\n`;
}

/** The body alone, for a form whose body is JSON. */
export const bodyLine = ({ body }: PlainRecord): string => `${plainText(body)}\n`;
