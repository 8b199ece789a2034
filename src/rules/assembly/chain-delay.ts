import { span } from '../../lib/time-format.ts';
import type { Rule } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { revocable } from '../../semantics/revocable.ts';

/**
 * How long after their time a rule's detections may come to those that count them, where all events come at once.
 * `inputs`: the same of what it counts itself, 0 for base rules.
 */
export function delayOf(
  rule: Pick<Rule, 'kind' | 'condition' | 'seen' | 'window' | 'emit' | 'timespan'>,
  inputs: Span,
): Span {
  const { window, emit, timespan } = rule;
  if (window.kind === 'tumbling') return span(timespan + window.lateness);
  if (emit !== 'close') return inputs;
  // What a late hit can revoke is judged when its lateness is over; what only grows waits for its bucket to end.
  return span((revocable(rule) ? inputs : window.quiet) + window.lateness);
}
