import { COUNTERS, type CounterName, type Counters } from '../model/counters.ts';

/** Counters that can be read. */
export interface ReadableCounters extends Counters {
  /** The sum over all labels, or the count of one label. */
  total(name: CounterName, by?: string): number;
  /**
   * All counts on one line for a log, in the order of COUNTERS, without zeros: `requests{accepted}=3 events=40`. A counter with
   * many labels, such as rules, is shown as a sum.
   */
  summary(): string;
}

/** Labels kept of a counter: more than there are rules. Further ones are counted together, as `other`. */
const MAX_LABELS = 10_000;
export const OTHER = 'other';
/** Labels of a counter that a summary shows one by one. */
const SUMMARY_LABELS = 5;

type Counts = ReadonlyMap<string, number>;

const sumOf = (counts: Counts): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

export function createCounters(maxLabels = MAX_LABELS): ReadableCounters {
  const counts = new Map<string, Map<string, number>>();
  for (const name of Object.keys(COUNTERS)) counts.set(name, new Map());
  const of = (name: CounterName): Map<string, number> => counts.get(name) as Map<string, number>;

  return {
    add(name, n = 1, by = '') {
      const labels = of(name);
      const label = labels.has(by) || labels.size < maxLabels ? by : OTHER;
      labels.set(label, (labels.get(label) ?? 0) + n);
    },
    total: (name, by) => (by === undefined ? sumOf(of(name)) : (of(name).get(by) ?? 0)),
    summary: () => [...counts].flatMap(([name, labels]) => summaryOf(name, labels)).join(' '),
  };
}

function summaryOf(name: string, counts: Counts): readonly string[] {
  const counted = [...counts].filter(([, count]) => count > 0);
  if (counted.length > SUMMARY_LABELS) return [`${name}=${sumOf(counts)}`];
  return counted.map(([by, count]) => `${name}${by === '' ? '' : `{${by}}`}=${count}`);
}
