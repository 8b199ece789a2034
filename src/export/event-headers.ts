import { isPlainHeaderValue } from '../lib/header-values.ts';
import type { RiskEvent } from '../model/risk.ts';

/** A header with the value of an attribute of risk events, or else of their resource. */
export interface EventHeader {
  readonly name: string;
  readonly attribute: string;
  /** Where an event has no value, or none that a header can carry. */
  readonly otherwise: string;
}

/** The values of headers for an event, in their order. */
export function eventValues(headers: readonly EventHeader[], event: RiskEvent): readonly string[] {
  return headers.map((header) => (isCarried(header, event) ? textOf(header, event) : header.otherwise));
}

/** What to report where values of events cannot be sent; it does not show them. */
export function unusableValues(headers: readonly EventHeader[], events: readonly RiskEvent[]): string {
  return headers
    .filter((header) => events.some((event) => textOf(header, event) !== '' && !isCarried(header, event)))
    .map(
      ({ name, attribute, otherwise }) =>
        `${attribute} has a value that no header can carry; ${name} was ${otherwise} in its place`,
    )
    .join('; ');
}

/** Names of clusters, for example, come from outside. */
const isCarried = (header: EventHeader, event: RiskEvent): boolean =>
  isPlainHeaderValue(textOf(header, event));

function textOf({ attribute }: EventHeader, { attributes, resource }: RiskEvent): string {
  return String(attributes[attribute] ?? resource[attribute] ?? '');
}
