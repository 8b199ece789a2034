import type { Rule } from '../model/rule.ts';
import { meets } from './condition.ts';

/**
 * Whether a correlation waits for a group's events to stop: an event_count that only no event at all satisfies (`lt: 1`,
 * `eq: 0`). A group exists from its first event on, so it is judged after its last one.
 */
export function isSilence({ kind, condition }: Pick<Rule, 'kind' | 'condition'>): boolean {
  if (kind !== 'event_count' || !meets(0, condition)) return false;
  // Bounds leave a range of counts; neq, the exception, is met by most counts.
  return !meets(1, condition) && !meets(Number.MAX_SAFE_INTEGER, condition);
}
