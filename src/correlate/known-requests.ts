import type { Counters } from '../model/counters.ts';
import type { Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import type { SavedRequest } from './saved.ts';

/** Requests that are remembered; the one that came first gives way (`requests_forgotten`). */
export const KNOWN_REQUESTS_MAX = 10_000;
/** How long one is remembered after it came: no session of an API server lasts longer. */
const REMEMBERED = 86_400_000_000;

/**
 * When requests that last happened, by rule and identity. The API server logs such a request (exec, watch, ...) when its
 * answer starts and again when it ends, hours later: the first that arrives is the hit, at its time, and what comes of the
 * same request at another time is none. Only hits that `last` are remembered; the stages of all others happen at one time.
 */
export class KnownRequests {
  readonly #counters: Counters;
  readonly #times = new Map<string, { readonly at: Micros; readonly until: number }>();

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Whether the hit's request is known at another time: then it counts no more. Remembers it otherwise. */
  isCounted({ rule, identity, at, arrived, lasting }: Hit): boolean {
    if (!lasting || identity === null) return false;
    const key = `${rule} ${identity}`;
    const known = this.#times.get(key);
    if (known !== undefined) return known.at !== at;
    if (this.#times.size >= KNOWN_REQUESTS_MAX) this.#forgetFirst();
    this.#times.set(key, { at, until: arrived + REMEMBERED });
    return false;
  }

  get size(): number {
    return this.#times.size;
  }

  save(): readonly SavedRequest[] {
    return Array.from(this.#times, ([key, { at, until }]) => ({ key, at, until }));
  }

  load(requests: readonly SavedRequest[]): void {
    for (const { key, at, until } of requests) this.#times.set(key, { at, until });
  }

  /** Sidewatch was away. */
  resume(from: Micros, now: Micros): void {
    for (const [key, { at, until }] of this.#times) this.#times.set(key, { at, until: until + now - from });
  }

  expire(now: Micros): void {
    for (const [key, { until }] of this.#times) {
      if (until >= now) return;
      this.#times.delete(key);
    }
  }

  #forgetFirst(): void {
    for (const key of this.#times.keys()) {
      this.#times.delete(key);
      this.#counters.add('requests_forgotten', 1);
      return;
    }
  }
}
