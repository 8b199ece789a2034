import { jsonText } from '../lib/json-text.ts';
import { formatTime } from '../lib/time-format.ts';
import type { RiskEvent } from '../model/risk.ts';

/** A risk event as people and scripts read it, on one line; the same on stdout and from `replay --output json`. */
export function toLine(event: RiskEvent): string {
  const json = {
    timestamp: formatTime(event.at),
    eventName: event.name,
    severityText: event.severityText,
    severityNumber: event.severity,
    body: event.body,
    attributes: event.attributes,
    resource: event.resource,
  };
  return `${jsonText(json)}\n`;
}
