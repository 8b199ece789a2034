import { digest } from '../../lib/digest.ts';
import type { Rule } from '../../model/rule.ts';
import { ownFields } from '../../semantics/rule-fields.ts';

/**
 * The rule with its fingerprint: a hash of everything that decides what its windows hold, so not of its title, level, score, or
 * whether it is silent. `inputDigest`: the expression of an input that is a base rule, the fingerprint of any other input.
 */
export function withFingerprint(
  rule: Omit<Rule, 'fingerprint'>,
  inputDigest: (input: string) => unknown,
): Rule {
  const { id, kind, groupBy, aliases, condition, conditionFields, percentile, seen, inputs, carry } = rule;
  const { window, group, dedupe, emit, time, timespan } = rule;
  const fingerprint = digest([
    id,
    { kind, groupBy, aliases: Object.entries(aliases), condition, conditionFields, percentile, seen },
    inputs.map((input) => [input, inputDigest(input)]),
    { window, group, dedupe, emit, time, timespan },
    { carried: ownFields(rule), carry },
  ]);
  return { ...rule, fingerprint };
}
