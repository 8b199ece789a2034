import type { Rule } from '../../model/rule.ts';
import { meets } from '../../semantics/condition.ts';
import { traitsOf } from '../document/correlation-types.ts';
import { resolveAliases } from './aliases.ts';
import { isAll, resolveSeen } from './resolve-seen.ts';
import type { Wired } from './rule-inputs.ts';

/** What a correlation counts and when it is enough, with the names of rules looked up. */
export type ResolvedCounting = Pick<
  Rule,
  | 'kind'
  | 'inputs'
  | 'groupBy'
  | 'aliases'
  | 'condition'
  | 'conditionFields'
  | 'percentile'
  | 'seen'
  | 'timespan'
>;

/** undefined after a report. */
export function countingOf(wired: Wired): ResolvedCounting | undefined {
  const { correlation } = wired.document;
  if (!wired.whole) return undefined;
  const aliases = resolveAliases(wired);
  const wanted = traitsOf(correlation.type).temporal ? temporal(wired) : { condition: correlation.condition };
  if (!aliases || !wanted) return undefined;
  const { type, groupBy, conditionFields, percentile, timespan } = correlation;
  return {
    kind: type,
    inputs: wired.inputs.map(({ id }) => id),
    groupBy,
    aliases,
    conditionFields,
    ...(percentile === undefined ? {} : { percentile }),
    timespan,
    ...wanted,
  };
}

type Wanted = Pick<Rule, 'condition' | 'seen'>;

function temporal({ document, inputs }: Wired): Wanted | undefined {
  const { correlation, report } = document;
  const path = ['correlation', 'condition'];
  const all: Wanted = { condition: [{ op: 'gte', value: inputs.length }] };
  if (correlation.seen !== undefined) {
    const seen = resolveSeen(correlation.seen, inputs, path, report);
    if (seen === undefined) return undefined;
    if (isAll(seen, inputs.length)) return all;
    return correlation.type === 'temporal' ? { condition: [], seen } : refuseOrder(document, path);
  }
  if (correlation.condition.length === 0) return all;
  const many = correlation.condition.filter(({ value }) => value > inputs.length);
  for (const { op, value } of many)
    report.problem([...path, op], `wants at most ${inputs.length}, the number of rules, has ${value}`);
  if (many.length > 0) return undefined;
  const enough = inputs.map((_, i) => i + 1).filter((count) => meets(count, correlation.condition));
  if (enough.length === 0)
    return report.problem(path, `can never hold: the correlation counts ${inputs.length} rules`);
  // However it is written, and no late hit can revoke it.
  if (enough[0] === inputs.length) return all;
  return correlation.type === 'temporal' ? { condition: correlation.condition } : refuseOrder(document, path);
}

function refuseOrder({ report }: Wired['document'], path: readonly string[]): undefined {
  return report.problem(
    path,
    'temporal_ordered wants all of its rules, in their order; leave the condition out, or use temporal',
  );
}
