import { COUNTERS, type CounterName, type Counters } from '../model/counters.ts';

/** Counters that can be read: for the log's summary, and for whoever exports them. */
export interface ReadableCounters extends Counters {
  /** The sum over all labels, or what one label counts. */
  total(name: CounterName, by?: string): number;
  /** What was counted so far, in the order of COUNTERS: `requests{accepted}` where labelled, else `records`. Zeros are left out. */
  totals(): ReadonlyMap<string, number>;
  /** The totals that grew after an earlier `totals()`, and by how much. */
  since(before: ReadonlyMap<string, number>): ReadonlyMap<string, number>;
  /** Totals on one line for a log: `requests{accepted}=3 events=40`. A counter with many labels, as of rules, is summed up. */
  summary(totals?: ReadonlyMap<string, number>): string;
}

/** Labels kept of a counter: more than there are rules. Further ones are counted together, as `other`. */
const MAX_LABELS = 10_000;
export const OTHER = 'other';
/** Labels of a counter that a summary tells apart. */
const SUMMARY_LABELS = 5;

export function createCounters(maxLabels = MAX_LABELS): ReadableCounters {
  const counts = new Map<string, Map<string, number>>();
  for (const name of Object.keys(COUNTERS)) counts.set(name, new Map());
  const of = (name: CounterName): Map<string, number> => counts.get(name) as Map<string, number>;

  const counters: ReadableCounters = {
    add(name, n = 1, by = '') {
      const labels = of(name);
      const label = labels.has(by) || labels.size < maxLabels ? by : OTHER;
      labels.set(label, (labels.get(label) ?? 0) + n);
    },
    total(name, by) {
      if (by !== undefined) return of(name).get(by) ?? 0;
      let sum = 0;
      for (const count of of(name).values()) sum += count;
      return sum;
    },
    totals() {
      const totals = new Map<string, number>();
      for (const [name, labels] of counts)
        for (const [by, count] of labels)
          if (count > 0) totals.set(by === '' ? name : `${name}{${by}}`, count);
      return totals;
    },
    since(before) {
      const grown = new Map<string, number>();
      for (const [key, count] of counters.totals()) {
        const more = count - (before.get(key) ?? 0);
        if (more > 0) grown.set(key, more);
      }
      return grown;
    },
    summary(totals = counters.totals()) {
      const byName = Map.groupBy(totals, ([key]) => key.split('{', 1)[0]!);
      return [...byName]
        .flatMap(([name, own]) =>
          own.length > SUMMARY_LABELS
            ? `${name}=${own.reduce((sum, [, count]) => sum + count, 0)}`
            : own.map(([key, count]) => `${key}=${count}`),
        )
        .join(' ');
    },
  };
  return counters;
}
