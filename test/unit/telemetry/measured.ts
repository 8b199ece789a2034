import type { CounterName, MetricLevel } from '../../../src/model/counters.ts';
import type { Micros, Ms } from '../../../src/model/time.ts';
import { createCounters, type ReadableCounters } from '../../../src/ops/counter-store.ts';
import { type Meters, type MetricSources, startMeters } from '../../../src/telemetry/meters.ts';
import { prometheusScrape } from '../../../src/telemetry/prometheus.ts';
import { type Sample, samplesOf } from './prometheus-text.ts';

export const NOW = 1_768_471_200_000_000 as Micros;

/** Sources of a service that has done nothing. */
export function sources(
  counters: Pick<ReadableCounters, 'counts'>,
  given: Partial<MetricSources> = {},
): MetricSources {
  return {
    counts: (name: CounterName) => counters.counts(name),
    ruleName: (id) => `name of ${id}`,
    rules: [],
    rulesCount: { inForce: 2, off: 1, leftOut: 5 },
    destinations: [{ name: 'siem', waiting: 3, capacity: 10, oldest: (NOW - 2_500_000) as Micros }],
    held: { groups: 4, bytes: 500 },
    bytesMax: 1000,
    store: undefined,
    clusters: new Map(),
    loopDelay: { max: 12 as Ms, p99: 3 as Ms },
    ready: true,
    clock: () => NOW,
    ...given,
  };
}

export interface Measured {
  readonly meters: Meters;
  readonly counters: ReadableCounters;
  text(): Promise<string>;
  /** What a scrape shows. */
  samples(): Promise<readonly Sample[]>;
  /** By name and labels, the values of the metrics whose names begin so. */
  values(prefix: string): Promise<Readonly<Record<string, number>>>;
}

export function measured(level: MetricLevel, given: Partial<MetricSources> = {}): Measured {
  const counters = createCounters();
  const scrape = prometheusScrape();
  const options = { level, version: '1.2.3', node: '24.0.0', resource: { 'service.name': 'mine' } };
  const meters = startMeters(sources(counters, given), options, [scrape.reader]);
  const samples = async () => samplesOf(await scrape.text());
  return {
    meters,
    counters,
    text: scrape.text,
    samples,
    async values(prefix) {
      const own = (await samples()).filter(({ name }) => name.startsWith(prefix));
      return Object.fromEntries(own.map(({ name, labels, value }) => [label(name, labels), value]));
    },
  };
}

function label(name: string, labels: Readonly<Record<string, string>>): string {
  const each = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return each.length === 0 ? name : `${name}{${each.join(',')}}`;
}
