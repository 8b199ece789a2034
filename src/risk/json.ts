import { formatTime } from '../lib/time.ts';
import type { Attribute, RiskEvent } from '../model/risk.ts';

/** A risk event as people and scripts read it; the same on stdout and from `replay --output json`. */
export interface JsonEvent {
  /** RFC 3339, UTC, microseconds. */
  readonly timestamp: string;
  readonly eventName: string;
  readonly severityText: string;
  readonly severityNumber: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly resource: Readonly<Record<string, string>>;
}

export function toJson(event: RiskEvent): JsonEvent {
  return {
    timestamp: formatTime(event.at),
    eventName: event.name,
    severityText: event.severityText,
    severityNumber: event.severity,
    body: event.body,
    attributes: event.attributes,
    resource: event.resource,
  };
}

export const toLine = (event: RiskEvent): string => `${JSON.stringify(toJson(event))}\n`;
