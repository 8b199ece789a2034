import { digest } from '../../lib/digest.ts';
import type { Rule } from '../../model/rule.ts';
import { ownFields } from '../../semantics/rule-fields.ts';

/**
 * The rule with its fingerprint: of all that decides what its windows hold, so not of its title, level, score, or whether
 * it is silent. `behind`: what an input matches, or that input's own fingerprint.
 */
export function withFingerprint(rule: Omit<Rule, 'fingerprint'>, behind: (input: string) => unknown): Rule {
  const { id, kind, groupBy, aliases, condition, conditionFields, percentile, seen, inputs, carry } = rule;
  const { window, group, dedupe, emit, time, timespan } = rule;
  const fingerprint = digest([
    id,
    { kind, groupBy, aliases: Object.entries(aliases), condition, conditionFields, percentile, seen },
    inputs.map((input) => [input, behind(input)]),
    { window, group, dedupe, emit, time, timespan },
    { carried: ownFields(rule), carry },
  ]);
  return { ...rule, fingerprint };
}
