import type { Rule } from '../../model/rule.ts';

export type CorrelationType = Exclude<Rule['kind'], 'match'>;

interface CorrelationTraits {
  /** What a condition compares: a count (a whole number), or any number. */
  readonly figure: 'count' | 'number';
  /** The smallest figure of a group. A group has a hit, but its hits may all lack the field that is counted. */
  readonly least: number;
  readonly fields: 'none' | 'one' | 'several';
  readonly percentile: boolean;
  /** Its condition may be missing, or be an expression over the names of its rules. */
  readonly temporal: boolean;
}

const COUNT = { figure: 'count', least: 1, fields: 'none', percentile: false, temporal: false } as const;
const FIGURE = {
  figure: 'number',
  least: Number.NEGATIVE_INFINITY,
  fields: 'one',
  percentile: false,
  temporal: false,
} as const;

/** Sigma's types of correlation and their traits. */
export const CORRELATION_TYPES = {
  event_count: COUNT,
  value_count: { ...COUNT, least: 0, fields: 'several' },
  temporal: { ...COUNT, temporal: true },
  temporal_ordered: { ...COUNT, temporal: true },
  value_sum: FIGURE,
  value_avg: FIGURE,
  value_percentile: { ...FIGURE, percentile: true },
  value_median: FIGURE,
} as const satisfies Record<CorrelationType, CorrelationTraits>;

export function traitsOf(type: CorrelationType): CorrelationTraits {
  return CORRELATION_TYPES[type];
}

export function isCorrelationType(type: string): type is CorrelationType {
  return Object.hasOwn(CORRELATION_TYPES, type);
}
