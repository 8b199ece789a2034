import type { Rule } from '../model/rule.ts';
import type { HeldHit } from './held-hit.ts';
import { HIT_VALUES_MAX } from './value-tuples.ts';

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

interface Numbers {
  readonly numbers: readonly number[];
  /** How many numbers were left out, the first ones: those beyond HIT_VALUES_MAX. */
  readonly cut: number;
  /** How many texts are no number. */
  readonly notNumbers: number;
}

/** The decimal numbers among a hit's values. A quantity with a unit (500m, 1Gi) is no number. */
export function numbersOf(texts: readonly string[]): Numbers {
  const numbers: number[] = [];
  for (const text of texts) {
    const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(number)) numbers.push(number);
  }
  const kept = numbers.slice(-HIT_VALUES_MAX);
  return { numbers: kept, cut: numbers.length - kept.length, notNumbers: texts.length - numbers.length };
}

/** `sorted` holds at least one number, in ascending order. */
type Figure = (sorted: Float64Array, percentile: number) => number;

const sum: Figure = (sorted) => sorted.reduce((total, number) => total + number, 0);

const FIGURES = {
  value_sum: sum,
  value_avg: (sorted) => sum(sorted, 0) / sorted.length,
  // Nearest rank: the smallest number such that at least that percentage of all numbers is not greater.
  value_percentile: (sorted, percentile) =>
    sorted[Math.max(0, Math.ceil((percentile * sorted.length) / 100) - 1)]!,
  value_median: (sorted) => {
    const upper = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
  },
} as const satisfies Partial<Record<Rule['kind'], Figure>>;

export type FigureKind = keyof typeof FIGURES;

/** undefined where there is no number. They are sorted first, so that the order of hits cannot change the rounding. */
export function figure(kind: FigureKind, percentile: number, hits: Iterable<HeldHit>): number | undefined {
  const all: number[] = [];
  for (const { numbers } of hits) for (const number of numbers) all.push(number);
  return all.length === 0 ? undefined : FIGURES[kind](Float64Array.from(all).sort(), percentile);
}
