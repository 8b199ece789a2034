import type { Hit, Idle } from './hit.ts';
import type { Render, RiskEvent } from './risk.ts';
import type { Rule } from './rule.ts';
import type { Micros, Ms } from './time.ts';

/** Room in the outbox, reserved before any window changes and held until the hits are recorded. */
export interface Admission {
  /** Gives the room back. May be called twice; after `record` it does nothing. */
  release(): void;
}

/** Hits that are in the windows and not durable: their sender must not be answered OK, and sends them again. */
export interface NotDurable {
  readonly retryAfter: Ms;
  readonly why: string;
}

/** Windows and outbox, changed together or not at all. Every implementation passes the same tests: test/contract/state.ts. */
export interface State {
  /**
   * Puts a rule set in force as soon as the requests that are being recorded are recorded. Windows of rules with an
   * unchanged fingerprint are kept; all others send the detections that are already due and are removed. Resolves after that.
   */
  use(rules: readonly Rule[], render: Render): Promise<void>;
  /** Asks for room before any window changes. A refusal changes nothing. */
  admit(hits: readonly Hit[]): Admission | { readonly retryAfter: Ms; readonly why: string };
  /** For each hit the id of the detection that it would fire, or undefined. Changes nothing. */
  preview(hits: readonly Hit[]): Promise<readonly (string | undefined)[]>;
  /**
   * Whether a hit could change nothing, because its group has already fired for everything that the hit could add to; such
   * a hit need not be made. A hint, asked before hits are admitted: false if it is not known.
   */
  idle: Idle;
  /**
   * Puts hits into windows and what they fire into the outbox; each hit together with everything that it fires. Resolves
   * when this, and everything that it depends on, is durable: all that was recorded or closed before, since it may be why a hit
   * was idle and not made. 'stale': the rules were replaced after the hits were made; nothing changed, and the hits must be
   * made again.
   */
  record(hits: readonly Hit[], held: Admission): Promise<'recorded' | 'stale' | NotDurable>;
  /**
   * Closes what is due at `now`; while the outbox is full, the rest waits. Resolves with the next time at which something
   * is due.
   */
  close(now: Micros): Promise<Micros | undefined>;
  /** A recording is over: a silence that would last beyond its end fires nothing. Windows stay open until they are closed. */
  end(): Promise<void>;
  readonly outbox: Outbox;
  /**
   * In memory: closes all windows early, marked `cut`; a durable store keeps them. Then lets the outbox drain until `by`
   * aborts. May be called twice.
   */
  stop(by: AbortSignal): Promise<void>;
}

/** What becomes of risk events for which the queue of a destination has no room. */
export const ON_FULL = ['block', 'drop_oldest', 'dead_letter'] as const;
export type OnFull = (typeof ON_FULL)[number];

/** How many risk events may wait for a destination, and what happens to more of them. */
export interface QueueBound {
  readonly size: number;
  readonly onFull: OnFull;
}

export interface Outbox {
  /**
   * The most severe undelivered events of a destination, and of these the oldest, lent until they are settled. Waits for
   * one; empty only if the outbox has stopped and holds none. `seq` grows in the order in which events fired.
   */
  take(to: string, max: number): Promise<readonly { readonly seq: number; readonly event: RiskEvent }[]>;
  settle(to: string, seq: readonly number[], how: 'delivered' | 'dead'): Promise<void>;
  /** Whether events that wait are still there after a restart. */
  readonly keeps: boolean;
  /** Events that are not settled yet for every destination. */
  readonly size: number;
  /** Events that are not settled yet for one destination. */
  left(to: string): number;
  /** When the oldest of these came in. */
  oldest(to: string): Micros | undefined;
}
