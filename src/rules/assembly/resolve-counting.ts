import type { Rule } from '../../model/rule.ts';
import { meets } from '../../semantics/condition.ts';
import { traitsOf } from '../document/correlation-types.ts';
import { resolveAliases } from './resolve-aliases.ts';
import { resolveInputCondition, wantsAllInputs } from './resolve-input-condition.ts';
import type { ResolvedCorrelation } from './resolve-inputs.ts';

/** What a correlation counts and its condition, with the names of rules resolved to ids. */
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
export function resolveCounting(resolved: ResolvedCorrelation): ResolvedCounting | undefined {
  const { correlation } = resolved.document;
  if (!resolved.complete) return undefined;
  const aliases = resolveAliases(resolved);
  const condition = traitsOf(correlation.type).temporal
    ? temporalCondition(resolved)
    : { condition: correlation.condition };
  if (!aliases || !condition) return undefined;
  const { type, groupBy, conditionFields, percentile, timespan } = correlation;
  return {
    kind: type,
    inputs: resolved.inputs.map(({ id }) => id),
    groupBy,
    aliases,
    conditionFields,
    ...(percentile === undefined ? {} : { percentile }),
    timespan,
    ...condition,
  };
}

type TemporalCondition = Pick<Rule, 'condition' | 'seen'>;

function temporalCondition({ document, inputs }: ResolvedCorrelation): TemporalCondition | undefined {
  const { correlation, report } = document;
  const path = ['correlation', 'condition'];
  const all: TemporalCondition = { condition: [{ op: 'gte', value: inputs.length }] };
  if (correlation.inputCondition !== undefined) {
    const seen = resolveInputCondition(correlation.inputCondition, inputs, path, report);
    if (seen === undefined) return undefined;
    if (wantsAllInputs(seen, inputs.length)) return all;
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
  // All of them, in whatever way it is written: no late hit can revoke it.
  if (enough[0] === inputs.length) return all;
  return correlation.type === 'temporal' ? { condition: correlation.condition } : refuseOrder(document, path);
}

function refuseOrder({ report }: ResolvedCorrelation['document'], path: readonly string[]): undefined {
  return report.problem(
    path,
    'temporal_ordered wants all of its rules, in their order; leave the condition out, or use temporal',
  );
}
