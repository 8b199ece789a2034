import type { Ms } from '../model/time.ts';
import type { StartedPart } from './started-parts.ts';

/** Calls `step` at every `interval` until it is stopped. */
export function startPeriodic(interval: Ms, step: () => void): StartedPart {
  const timer = setInterval(step, interval);
  return { stop: () => clearInterval(timer) };
}
