import type { Rule, Seen } from '../model/rule.ts';

/** Bounds that stay met when more hits come, where the figure only grows. */
const GROWING: ReadonlySet<string> = new Set(['gt', 'gte']);

/** Kinds whose figure can fall when a hit is added. */
const FALLING: ReadonlySet<Rule['kind']> = new Set([
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
]);

/**
 * Whether a hit that arrives late can make a condition fail that already held. Such a condition is judged once, when all
 * hits have had time to arrive (docs/windows.md), and never at a hit.
 */
export function revocable({ kind, condition, seen }: Pick<Rule, 'kind' | 'condition' | 'seen'>): boolean {
  if (FALLING.has(kind)) return true;
  return condition.some(({ op }) => !GROWING.has(op)) || (seen !== undefined && negates(seen));
}

function negates(seen: Seen): boolean {
  if (seen.kind === 'input') return false;
  return seen.kind === 'not' || seen.of.some(negates);
}
