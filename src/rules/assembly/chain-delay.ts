import { span } from '../../lib/time-format.ts';
import type { Rule } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { revocable } from '../../semantics/revocable.ts';

/**
 * How long after its time a detection of a rule may reach the correlations that count it, if no event is late.
 * `inputs`: the same for the rules that it counts, 0 for base rules.
 */
export function chainDelay(
  rule: Pick<Rule, 'kind' | 'condition' | 'seen' | 'window' | 'emit' | 'timespan'>,
  inputs: Span,
): Span {
  const { window, emit, timespan } = rule;
  if (window.kind === 'tumbling') return span(timespan + window.lateness);
  if (emit !== 'close') return inputs;
  // A condition that a late hit can revoke is evaluated after the lateness; one that only grows waits for the end of its bucket.
  return span((revocable(rule) ? inputs : window.quiet) + window.lateness);
}
