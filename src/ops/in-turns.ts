import { setImmediate } from 'node:timers/promises';
import type { Steps } from '../lib/steps.ts';
import { steadyClock } from './clock.ts';

/** How long steps go on in one turn of the event loop: a request takes several turns, and waits so long in each. */
const TURN_MS = 2;

/** Runs steps in turns with all else that the process does. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let began = steadyClock();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (steadyClock() - began < TURN_MS) continue;
    await setImmediate();
    began = steadyClock();
  }
}
