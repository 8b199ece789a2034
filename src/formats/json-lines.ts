import { jsonText } from '../lib/json-text.ts';
import { formatTime } from '../lib/time-format.ts';
import type { RiskEvent } from '../model/risk.ts';

/** A format (format.ts): risk events for people and scripts, as JSON, one event on each line. The same on stdout and from `replay --output json`. */
export function jsonLines(events: readonly RiskEvent[]): string {
  return events.map(jsonLine).join('');
}

function jsonLine(event: RiskEvent): string {
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
