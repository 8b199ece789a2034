import type { Rule } from '../model/rule.ts';
import { meets } from './condition.ts';

/**
 * Whether a correlation waits for a group's events to stop: an event_count that only no event at all satisfies (`lt: 1`,
 * `eq: 0`). A group exists once it had an event, so it is judged after its last one.
 */
export function isSilence({ kind, condition }: Pick<Rule, 'kind' | 'condition'>): boolean {
  if (kind !== 'event_count' || !meets(0, condition)) return false;
  // Bounds leave a range of counts, but for neq, which most counts meet.
  return !meets(1, condition) && !meets(Number.MAX_SAFE_INTEGER, condition);
}
