import type { Bound, Rule, Seen } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { isSilence } from '../../semantics/silence.ts';

const SIGN = {
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  eq: '=',
  neq: '!=',
} as const satisfies Record<Bound['op'], string>;

const UNITS = [
  ['d', 86_400_000_000],
  ['h', 3_600_000_000],
  ['m', 60_000_000],
  ['s', 1_000_000],
] as const;

/** `90s`, `10m`, `1h`, `2d`: in the largest unit that divides it. */
export function spanText(span: Span): string {
  const [unit, size] = UNITS.find(([, size]) => span >= size && span % size === 0) ?? ['us', 1];
  return span === 0 ? '0s' : `${span / size}${unit}`;
}

/** When a rule fires: `> 5 in 1h by client.address, sliding`. `nameOf`: the name of an input. `most`: the number of group fields that are shown. */
export function windowText(
  rule: Rule,
  nameOf: (input: string) => string,
  most = Number.POSITIVE_INFINITY,
): string {
  if (rule.kind === 'match') return 'each event';
  if (isSilence(rule))
    return `no event for ${spanText(rule.timespan)}${rule.groupBy.length > 0 ? ` by ${rule.groupBy.join(', ')}` : ''}`;
  const parts = [`${conditionWords(rule, nameOf)} in ${spanText(rule.timespan)}`];
  const more = rule.groupBy.length - most;
  if (rule.groupBy.length > 0)
    parts.push(`by ${rule.groupBy.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
  return `${parts.join(' ')}, ${kindWords(rule)}`;
}

/** The condition of a rule on a window: `> 5`, `distinct verb >= 3`, `a then b`. */
export function conditionWords(rule: Rule, nameOf: (input: string) => string): string {
  const bounds = rule.condition.map(({ op, value }) => `${SIGN[op]} ${value}`).join(' and ');
  const fields = rule.conditionFields.join(', ');
  switch (rule.kind) {
    case 'match':
    case 'event_count':
      return bounds;
    case 'value_count':
      return `distinct ${fields} ${bounds}`;
    case 'value_sum':
      return `sum of ${fields} ${bounds}`;
    case 'value_avg':
      return `average of ${fields} ${bounds}`;
    case 'value_median':
      return `median of ${fields} ${bounds}`;
    case 'value_percentile':
      return `percentile ${rule.percentile ?? ''} of ${fields} ${bounds}`;
    case 'temporal':
    case 'temporal_ordered': {
      if (rule.seen !== undefined) return seenWords(rule.seen, nameOf);
      const inputs = rule.inputs.map(nameOf);
      const all = rule.condition.every(({ op, value }) => op === 'gte' && value === inputs.length);
      const joint = rule.kind === 'temporal' ? ' and ' : ' then ';
      return all ? inputs.join(joint) : `${bounds} of ${inputs.join(', ')}`;
    }
  }
}

function seenWords(seen: Seen, nameOf: (input: string) => string): string {
  switch (seen.kind) {
    case 'input':
      return nameOf(seen.id);
    case 'not':
      return `not ${seenWords(seen.of, nameOf)}`;
    case 'all':
    case 'any':
      return `(${seen.of.map((part) => seenWords(part, nameOf)).join(seen.kind === 'all' ? ' and ' : ' or ')})`;
  }
}

function kindWords({ window, timespan }: Rule): string {
  if (window.kind === 'tumbling')
    return window.offset === 0 ? 'tumbling' : `tumbling, offset ${spanText(window.offset)}`;
  return window.quiet === timespan ? 'sliding' : `sliding, once in ${spanText(window.quiet)}`;
}
