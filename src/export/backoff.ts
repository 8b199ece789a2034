import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms } from '../model/time.ts';

/** Full jitter: anywhere from nothing to the exponential bound, so that many replicas do not return all at once. `failures`: 1 after the first. */
export function backoff(failures: number, initial: Ms, max: Ms, random: () => number): Ms {
  const bound = Math.min(max, initial * 2 ** Math.min(failures - 1, 52));
  return Math.round(random() * bound) as Ms;
}

/** Resolves after `ms`, or as soon as `by` aborts. */
export async function wait(ms: Ms, by: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: by });
  } catch (error) {
    if (!by.aborted) throw error;
  }
}
