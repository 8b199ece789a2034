import type { Destination } from '../model/risk.ts';
import type { Report } from './batch.ts';

/** Reasons that are reported in one outage; an unstable network gives more, and they add nothing. */
const REASONS_MAX = 8;
/** Failed attempts between two reminders: about eight minutes with the default pauses. */
const REMINDED_EVERY = 32;

/** Reports an outage of one destination: each reason once, now and then that it goes on, then the end. */
export class Outage {
  readonly #destination: Destination;
  readonly #report: Report;
  readonly #reasons = new Set<string>();
  #failures = 0;

  constructor(destination: Destination, report: Report) {
    this.#destination = destination;
    this.#report = report;
  }

  /** An attempt failed and will be repeated. */
  failed(why: string): void {
    this.#failures++;
    const { name, target } = this.#destination;
    if (this.#failures % REMINDED_EVERY === 0) {
      this.#report(
        `${name} (${target}) still does not accept risk events; retrying`,
        `${this.#failures} attempts have failed, the last with ${why}`,
      );
      return;
    }
    if (this.#reasons.has(why) || this.#reasons.size >= REASONS_MAX) return;
    this.#reasons.add(why);
    this.#report(`${name} (${target}) does not accept risk events; retrying`, why);
  }

  /** The destination has decided: whatever outage there was is over. */
  over(): void {
    if (this.#failures > 0)
      this.#report(
        `${this.#destination.name} accepts risk events again`,
        `failed attempts before: ${this.#failures}`,
      );
    this.#failures = 0;
    this.#reasons.clear();
  }
}
