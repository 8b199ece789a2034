import type { RiskEvent } from './risk.ts';

/** A risk event that its destination does not get, or may not have got, and why. */
export interface DeadLetter {
  readonly event: RiskEvent;
  readonly why: string;
  /** For an event of a batch of which the destination rejected some: how many of how many. It did not say which. */
  readonly rejected?: { readonly count: number; readonly of: number };
}

/** Where risk events are kept that their destination does not get, until a person decides about them. */
export interface DeadLetters {
  /** They are durable when it resolves. With a text nothing was written: why, for people. Never rejects. */
  write(to: string, letters: readonly DeadLetter[]): Promise<string | undefined>;
}
