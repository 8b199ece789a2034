import { setImmediate } from 'node:timers/promises';
import type { Steps } from '../lib/steps.ts';

/** Runs steps, one in each turn of the event loop. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}
