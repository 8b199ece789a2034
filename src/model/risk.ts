import type { Detection } from './hit.ts';
import type { Micros, Ms } from './time.ts';

export type Attribute = string | number | boolean | readonly string[];

/** Attributes that are doubles on the wire even where the value is a whole number (52.0). All other numbers are integers. */
export const DOUBLES: ReadonlySet<string> = new Set(['client.geo.location.lat', 'client.geo.location.lon']);

/** A risk event, or a summary, before a destination's format. The attributes are those of docs/risk-event.md. */
export interface RiskEvent {
  /** Deterministic: the detection's id and the risk object. */
  readonly uid: string;
  readonly detection: Detection;
  readonly name: 'sidewatch.risk' | 'sidewatch.summary';
  readonly at: Micros;
  readonly body: string;
  readonly score?: number;
  readonly severity: number;
  readonly severityText: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly resource: Readonly<Record<string, string>>;
}

export type Render = (detection: Detection) => readonly RiskEvent[];

/** How one attempt ended. */
export type Delivery =
  /** `rejected`: of these, the receiver took all but so many (OTLP partial success): not to be sent again. */
  | { readonly kind: 'delivered'; readonly rejected?: number; readonly why?: string }
  /** `doubtful`: it may be the fault of what was sent, or may pass. */
  | { readonly kind: 'retry'; readonly after?: Ms; readonly why: string; readonly doubtful?: boolean }
  | { readonly kind: 'refused'; readonly why: string };

export interface Destination {
  readonly name: string;
  /** For people: where it sends, without secrets. */
  readonly target: string;
  /** One attempt. Resolves, never rejects; gives up when `by` aborts. */
  send(events: readonly RiskEvent[], by: AbortSignal): Promise<Delivery>;
  stop(): Promise<void>;
}
