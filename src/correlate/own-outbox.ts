import type { RiskEvent } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';
import type { Micros } from '../model/time.ts';

/** Events that a destination has and that nothing else may take. */
export type Lent = Awaited<ReturnType<Outbox['take']>>;

/**
 * An outbox as those parts see it that fill it and keep it within its bounds. Every implementation passes the same tests:
 * test/contract/outbox.ts.
 */
export interface OwnOutbox extends Outbox {
  /**
   * Each event waits for the destinations of its route from now on (`left` counts it), and can be taken as soon as it is
   * durable. An event without a destination is nothing.
   */
  add(events: readonly RiskEvent[], since: Micros): void;
  /** Events that `take` or `worst` has lent to this destination, and that are neither settled nor given back. */
  lent(to: string): number;
  /** Events that this destination has settled until now. */
  settledBy(to: string): number;
  /** Lends the least severe events that can be taken, and of these the oldest. Never waits: empty where there are none. */
  worst(to: string, max: number): Promise<Lent>;
  /** Ends a loan without a decision: the events can be taken again, in their old place. */
  giveBack(to: string, seq: readonly number[]): void;
  /** Calls `listener` each time that events of `add` can be taken. There is one listener. */
  onMore(listener: () => void): void;
  /** From now on `take` gives an empty list when there are no more events. Resolves when all are settled or `by` aborts. Twice is fine. */
  stop(by: AbortSignal): Promise<void>;
}
