import {
  COUNTERS,
  type Count,
  type CounterInfo,
  type CounterName,
  type MetricLevel,
  OTHER,
} from '../model/counters.ts';
import { LEVELS, type Level } from '../model/rule.ts';
import { showsRules } from './metric-table.ts';

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What has counts that are known before the first one: Prometheus sees no increase in a series that begins at 1. */
export interface Countable {
  /** Names of all destinations. */
  readonly destinations: readonly string[];
  /** Rules that send risk events. */
  readonly rules: readonly { readonly id: string; readonly level: Level }[];
}

/** Rules and other labels that one counter shows; further ones are summed up as `other`. */
const LABELS_MAX = 1000;

/**
 * The series of a counter at a level. Rules are shown by name: `ruleName` gives it, for an id. Two rules of one name are one
 * series. Only `detailed` has rules for detections that have not their rule's level: of rules that score refused requests
 * lower they would be nearly as many series again.
 */
export function counterSeries(
  name: CounterName,
  counts: readonly Count[],
  level: MetricLevel,
  ruleName: (id: string) => string,
  countable: Countable,
): readonly Series[] {
  const info: CounterInfo = COUNTERS[name];
  const sums = new Map<string, { labels: Record<string, string>; value: number }>();
  const shown = new Set<string>();
  const show = (label: string) => {
    if (!shown.has(label) && shown.size >= LABELS_MAX) return OTHER;
    shown.add(label);
    return label;
  };
  const levels = new Map(info.byLevel ? countable.rules.map((rule) => [rule.id, rule.level]) : []);
  const isLowered = (by: string, of: string | undefined) =>
    level !== 'detailed' && of !== undefined && levels.has(by) && levels.get(by) !== of;
  for (const { by, level: of, count } of [...zeros(info, level, countable), ...counts]) {
    const labels: Record<string, string> = {};
    if (info.by === 'rule') {
      if (showsRules(info, level) && !isLowered(by, of))
        labels['rule'] = show(by === OTHER ? OTHER : ruleName(by));
    } else if (info.by !== undefined) {
      labels[info.by] = show(by);
    }
    if (of !== undefined) labels['level'] = of;
    const key = JSON.stringify(labels);
    const sum = sums.get(key) ?? { labels, value: 0 };
    sum.value += count;
    sums.set(key, sum);
  }
  return [...sums.values()];
}

function zeros(info: CounterInfo, level: MetricLevel, { destinations, rules }: Countable): readonly Count[] {
  if (info.by === 'destination') return destinations.map((by) => ({ by, count: 0 }));
  if (info.values !== undefined) return info.values.map((by) => ({ by, count: 0 }));
  if (info.by !== undefined && info.by !== 'rule') return [];
  if (!info.byLevel) return info.by === 'rule' && showsRules(info, level) ? [] : [{ by: '', count: 0 }];
  if (!showsRules(info, level)) return LEVELS.map((one) => ({ by: '', level: one, count: 0 }));
  return rules.map((rule) => ({ by: rule.id, level: rule.level, count: 0 }));
}
