import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms } from '../model/time.ts';

export interface PauseOptions {
  readonly initialInterval: Ms;
  readonly maxInterval: Ms;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** Resolves after `ms`, or as soon as `by` aborts. */
  readonly wait?: (ms: Ms, by: AbortSignal) => Promise<void>;
}

/** The pauses between failed attempts at one destination: each may be longer than the one before, until the destination decides. */
export class Pauses {
  readonly #options: Required<PauseOptions>;
  readonly #hurried = new AbortController();
  #failures = 0;
  ended = false;

  constructor({ initialInterval, maxInterval, random = Math.random, wait = realWait }: PauseOptions) {
    this.#options = { initialInterval, maxInterval, random, wait };
  }

  /** The pause after one more failure. `named`: the least time, as the destination asked for it. */
  async next(named: Ms | undefined, by: AbortSignal): Promise<void> {
    this.#failures++;
    const own = backoff(this.#failures, this.#options);
    const hurried = this.#hurried.signal;
    if (hurried.aborted) await this.#options.wait(own, by);
    else await this.#options.wait(Math.max(own, named ?? 0) as Ms, AbortSignal.any([by, hurried]));
  }

  /** The destination has decided: the next pause is a short one. */
  reset(): void {
    this.#failures = 0;
  }

  /** Ends the pause in progress, and all further ones: what is not delivered then stays where it is. */
  end(): void {
    this.ended = true;
    this.#hurried.abort();
  }

  /** Ends the pause in progress. From now on the time that a destination names does not count. */
  hurry(): void {
    this.#hurried.abort();
    this.#failures = 0;
  }
}

/** Full jitter: anywhere from nothing to the exponential bound, so that many replicas do not return all at once. `failures`: 1 after the first. */
function backoff(failures: number, { initialInterval, maxInterval, random }: Required<PauseOptions>): Ms {
  const bound = Math.min(maxInterval, initialInterval * 2 ** Math.min(failures - 1, 52));
  return Math.round(random() * bound) as Ms;
}

async function realWait(ms: Ms, by: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: by });
  } catch (error) {
    if (!by.aborted) throw error;
  }
}
