import type { Detection } from './hit.ts';
import type { Level } from './rule.ts';
import type { Micros, Ms } from './time.ts';

export type Attribute = string | number | boolean | readonly string[];

/** Attributes that are doubles on the wire even if the value is a whole number (52.0). All other whole numbers are integers. */
export const DOUBLES: ReadonlySet<string> = new Set([
  'client.geo.location.lat',
  'client.geo.location.lon',
  'sidewatch.value',
  // As Splunk has them.
  'lat',
  'lon',
]);

/** A risk event or a summary, before it has the format of a destination. The attributes are those of docs/risk-event.md. */
export interface RiskEvent {
  /** Deterministic: the detection's id and the risk object. */
  readonly uid: string;
  readonly detection: Detection;
  readonly name: 'sidewatch.risk' | 'sidewatch.summary' | 'sidewatch.overflow';
  readonly at: Micros;
  readonly body: string;
  readonly score?: number;
  readonly severity: number;
  readonly severityText: string;
  /**
   * How grave it is, for routes and queues; it is never sent. A summary has the rank of its detection, and no score or severity
   * of its own. An overflow detection has the level of its rule, and no score: its rank has 0.
   */
  readonly rank: Rank;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** From a field's own name to the name that its rule gives it, for a form that shows the result row. Left out if it gives none. */
  readonly names?: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
}

export interface Rank {
  readonly score: number;
  readonly level: Level;
}

/** The names of the destinations of an event; empty where it goes nowhere. */
export type Route = (event: RiskEvent) => readonly string[];

export type Render = (detection: Detection) => readonly RiskEvent[];

/** How one delivery attempt ended. */
export type Delivery =
  /** `rejected`: the number of events that the receiver did not take (OTLP partial success). They are not sent again. */
  | { readonly kind: 'delivered'; readonly rejected?: number; readonly why?: string }
  /** `doubtful`: the cause may be in the events themselves, or it may pass. */
  | { readonly kind: 'retry'; readonly after?: Ms; readonly why: string; readonly doubtful?: boolean }
  | { readonly kind: 'refused'; readonly why: string };

export interface Destination {
  readonly name: string;
  /** Where it sends, for people, without secrets. */
  readonly target: string;
  /** Events for which it gives different texts are never sent together. Without it any may be. */
  readonly requestKey?: (event: RiskEvent) => string;
  /** Makes one delivery attempt. Never rejects; gives up when `by` aborts. */
  send(events: readonly RiskEvent[], by: AbortSignal): Promise<Delivery>;
  stop(): Promise<void>;
}
