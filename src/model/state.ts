import type { Hit, Idle } from './hit.ts';
import type { Render, RiskEvent } from './risk.ts';
import type { Rule } from './rule.ts';
import type { Micros, Ms } from './time.ts';

/** Room in the outbox, held from before a window changes until the hits are recorded. */
export interface Admission {
  /** Gives the room back. Twice is fine; after `record` it does nothing. */
  release(): void;
}

/** Windows and outbox as one atomic port. One contract suite runs on every implementation: test/contract/state.ts. */
export interface State {
  /**
   * Puts a rule set in force once the requests that are being recorded are. Windows of rules with an unchanged fingerprint
   * are kept; those of others tell what they owe, and go. Resolves when they have.
   */
  use(rules: readonly Rule[], render: Render): Promise<void>;
  /** Asked before any window changes. A refusal left no trace. */
  admit(hits: readonly Hit[]): Admission | { readonly retryAfter: Ms; readonly why: string };
  /** The id of the detection that each hit would fire, or undefined; changes nothing. */
  preview(hits: readonly Hit[]): Promise<readonly (string | undefined)[]>;
  /**
   * Whether a hit could change nothing, since its group has fired for all that it could add to: then it need not be made.
   * A hint, asked before anything is admitted: false where it is not known.
   */
  idle: Idle;
  /**
   * Hits into windows and what they fire into the outbox, each hit with all that it fires in one step. Resolves when this
   * and all that it rests on is durable. 'stale': other rules are in force than the hits were made under; nothing changed,
   * and they are to be made again.
   */
  record(hits: readonly Hit[], held: Admission): Promise<'recorded' | 'stale'>;
  /** Closes what is due at `now`; waits with the rest while the outbox is full. The next time something is due. */
  close(now: Micros): Promise<Micros | undefined>;
  /** A recording is over: nothing is told of what did not happen after it. Windows stay open until they are closed. */
  end(): Promise<void>;
  readonly outbox: Outbox;
  /** Memory: closes what it holds, marked cut. Durable stores keep it. Then lets the outbox drain until `by` aborts. Twice is fine. */
  stop(by: AbortSignal): Promise<void>;
}

export interface Outbox {
  /** Leases the oldest undelivered events of a destination; waits for one; empty only once the outbox has stopped and holds none. */
  take(to: string, max: number): Promise<readonly { readonly seq: number; readonly event: RiskEvent }[]>;
  settle(to: string, seq: readonly number[], how: 'delivered' | 'dead'): Promise<void>;
  /** Events not yet settled by every destination. */
  readonly size: number;
  /** Events not yet settled by one. */
  left(to: string): number;
}
