import {
  COUNTERS,
  type Count,
  type CounterInfo,
  type CounterName,
  type Counters,
  OTHER,
} from '../model/counters.ts';

/** Counters that can be read. */
export interface ReadableCounters extends Counters {
  /** The sum over all labels, or the count of one label. */
  total(name: CounterName, by?: string): number;
  counts(name: CounterName): readonly Count[];
  /**
   * All counts on one line for a log, in the order of COUNTERS, without zeros: `requests{accepted}=3 events=40`. A counter with
   * many labels, such as rules, is shown as a sum. `ruleName`: what a rule is called, by its id.
   */
  summary(ruleName?: (id: string) => string): string;
}

/** Labels kept of a counter: more than there are rules. Further ones are counted together, as OTHER. */
const MAX_LABELS = 10_000;
/** Labels of a counter that a summary shows one by one. */
const SUMMARY_LABELS = 5;

type Counts = Map<string, number>;

const sumOf = (counts: Counts): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

export function createCounters(maxLabels = MAX_LABELS): ReadableCounters {
  const counts = new Map<string, Counts>();
  /** By counter and label: the part of the count that has a level. */
  const levels = new Map<string, Map<string, Counts>>();
  for (const name of Object.keys(COUNTERS)) counts.set(name, new Map());
  const of = (name: CounterName): Counts => counts.get(name)!;

  function addLevel(name: CounterName, label: string, level: string, n: number): void {
    const labels = levels.get(name) ?? new Map<string, Counts>();
    levels.set(name, labels);
    const own = labels.get(label) ?? new Map<string, number>();
    labels.set(label, own);
    own.set(level, (own.get(level) ?? 0) + n);
  }

  return {
    add(name, n = 1, by = '', level) {
      const labels = of(name);
      const label = labels.has(by) || labels.size < maxLabels ? by : OTHER;
      labels.set(label, (labels.get(label) ?? 0) + n);
      if (level !== undefined) addLevel(name, label, level, n);
    },
    total: (name, by) => (by === undefined ? sumOf(of(name)) : (of(name).get(by) ?? 0)),
    counts(name) {
      return [...of(name)].flatMap(([by, count]) => {
        const own = levels.get(name)?.get(by) ?? new Map<string, number>();
        const without = count - sumOf(own);
        return [
          ...(without > 0 || own.size === 0 ? [{ by, count: without }] : []),
          ...[...own].map(([level, part]) => ({ by, level, count: part })),
        ];
      });
    },
    summary: (ruleName = (id) => id) =>
      [...counts].flatMap(([name, labels]) => summaryOf(name as CounterName, labels, ruleName)).join(' '),
  };
}

function summaryOf(name: CounterName, counts: Counts, ruleName: (id: string) => string): readonly string[] {
  const counted = [...counts].filter(([, count]) => count > 0);
  if (counted.length > SUMMARY_LABELS) return [`${name}=${sumOf(counts)}`];
  const info: CounterInfo = COUNTERS[name];
  const shown = info.by === 'rule' ? ruleName : (label: string) => label;
  return counted.map(([by, count]) => `${name}${by === '' ? '' : `{${shown(by)}}`}=${count}`);
}
