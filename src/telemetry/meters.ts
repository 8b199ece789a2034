import type { BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';
import { COUNTERS, type Count, type CounterName, type MetricLevel } from '../model/counters.ts';
import type { Clock, Micros, Ms } from '../model/time.ts';
import type { ClusterTime } from './cluster-times.ts';
import { type Countable, counterSeries } from './counter-series.ts';
import { counterMetric, MEASURED, type MetricInfo } from './metric-table.ts';

/** Where the values come from; all are read at each collection. */
export interface MetricSources {
  counts(name: CounterName): readonly Count[];
  /** What a rule is called, by its id. */
  ruleName(id: string): string;
  readonly rules: Countable['rules'];
  readonly rulesCount: { readonly inForce: number; readonly off: number; readonly leftOut: number };
  readonly destinations: readonly {
    readonly name: string;
    readonly waiting: number;
    readonly capacity: number;
    /** Since when the oldest risk event waits. */
    readonly oldest: Micros | undefined;
  }[];
  readonly held: { readonly groups: number; readonly bytes: number };
  readonly bytesMax: number;
  /** Bytes on disk; undefined where nothing is stored there. */
  readonly store: { readonly file: number; readonly journal: number; readonly snapshot: number } | undefined;
  /** By the cluster's name, '' for the one without a name. */
  readonly clusters: ReadonlyMap<string, Readonly<ClusterTime>>;
  readonly loopDelay: { readonly max: Ms; readonly p99: Ms };
  readonly ready: boolean;
  readonly clock: Clock;
}

export interface MeterOptions {
  readonly level: MetricLevel;
  readonly version: string;
  /** Of Node.js. */
  readonly node: string;
  /** Attributes of the resource: OTEL_RESOURCE_ATTRIBUTES. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface Meters {
  /** A detection, so long after its last event. */
  detected(delay: Ms): void;
  /** The end of a delivery attempt. */
  attempted(destination: string, took: Ms): void;
  /** The next hop's answer, or that there was none. */
  forwarded(took: Ms): void;
  /** The end of an attempt to make changes durable. */
  committed(took: Ms): void;
  /** Lets the readers flush and end. */
  stop(): Promise<void>;
}

/** Seconds from an event to its detection: at once where everything is well, an hour and more after a backlog. */
const DELAY_BUCKETS = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
/** Seconds of a delivery attempt, up to the default timeout. */
const EXPORT_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NO_NAME = '';

/** Seconds that a next hop takes: it is near, and it answers when it has a request in its queue. */
const FORWARD_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Seconds that a commit takes: an fsync on a good disk, and on one that is loaded or shared. */
const COMMIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** All metrics of the table, for the given readers. Nothing is computed until one of them collects. */
export function startMeters(
  sources: MetricSources,
  { level, version, node, resource }: MeterOptions,
  readers: readonly IMetricReader[],
): Meters {
  const provider = new MeterProvider({ resource: resourceOf(version, resource), readers: [...readers] });
  const meter = provider.getMeter('sidewatch', version);
  observeCounters(meter, sources, level);
  observeGauges(meter, sources, { version, node });
  const delay = histogram(meter, MEASURED.delay, DELAY_BUCKETS);
  const duration = histogram(meter, MEASURED.exportDuration, EXPORT_BUCKETS);
  const forward = histogram(meter, MEASURED.forwardDuration, FORWARD_BUCKETS);
  const commit = histogram(meter, MEASURED.commitDuration, COMMIT_BUCKETS);
  return {
    detected: (after) => delay.record(Math.max(0, after) / 1000),
    attempted: (destination, took) => duration.record(took / 1000, { destination }),
    forwarded: (took) => forward.record(took / 1000),
    committed: (took) => commit.record(took / 1000),
    stop: () => provider.shutdown(),
  };
}

function resourceOf(version: string, attributes: Readonly<Record<string, string>>): Resource {
  return resourceFromAttributes({
    'service.name': 'sidewatch',
    'service.version': version,
    ...attributes,
  });
}

function histogram(meter: Meter, { name, unit, what }: MetricInfo, buckets: number[]): Histogram {
  return meter.createHistogram(name, {
    unit,
    description: what,
    advice: { explicitBucketBoundaries: buckets },
  });
}

function observeCounters(meter: Meter, sources: MetricSources, level: MetricLevel): void {
  const all = (Object.keys(COUNTERS) as CounterName[]).map((name) => {
    const { name: metric, unit, what } = counterMetric(name);
    return [name, meter.createObservableCounter(metric, { unit, description: what })] as const;
  });
  meter.addBatchObservableCallback(
    (result) => {
      const countable = {
        destinations: sources.destinations.map(({ name }) => name),
        rules: sources.rules,
      };
      for (const [name, instrument] of all) {
        const counts = sources.counts(name);
        for (const { labels, value } of counterSeries(name, counts, level, sources.ruleName, countable))
          result.observe(instrument, value, labels);
      }
    },
    all.map(([, instrument]) => instrument),
  );
}

type Histograms = 'delay' | 'exportDuration' | 'forwardDuration' | 'commitDuration';
type Gauges = Exclude<keyof typeof MEASURED, Histograms>;

function observeGauges(
  meter: Meter,
  sources: MetricSources,
  build: { readonly version: string; readonly node: string },
): void {
  const gauges = Object.fromEntries(
    Object.entries<MetricInfo>(MEASURED)
      .filter(([, { kind }]) => kind === 'gauge')
      .map(([key, { name, unit, what }]) => [
        key,
        meter.createObservableGauge(name, { unit, description: what }),
      ]),
  ) as Record<Gauges, Observable>;
  meter.addBatchObservableCallback((result) => {
    observeState(result, gauges, sources);
    observeDestinations(result, gauges, sources);
    observeClusters(result, gauges, sources);
    result.observe(gauges.build, 1, { ...build });
  }, Object.values(gauges));
}

function observeState(
  result: BatchObservableResult,
  gauges: Record<Gauges, Observable>,
  { held, bytesMax, store, loopDelay, rulesCount, ready }: MetricSources,
): void {
  result.observe(gauges.groups, held.groups);
  result.observe(gauges.stateSize, held.bytes);
  result.observe(gauges.stateLimit, bytesMax);
  if (store) {
    result.observe(gauges.storeFile, store.file);
    result.observe(gauges.storeJournal, store.journal);
    result.observe(gauges.storeSnapshot, store.snapshot);
  }
  result.observe(gauges.loopDelayMax, loopDelay.max / 1000);
  result.observe(gauges.loopDelay99, loopDelay.p99 / 1000);
  result.observe(gauges.rules, rulesCount.inForce, { state: 'in_force' });
  result.observe(gauges.rules, rulesCount.off, { state: 'off' });
  result.observe(gauges.rules, rulesCount.leftOut, { state: 'left_out' });
  result.observe(gauges.ready, ready ? 1 : 0);
}

function observeDestinations(
  result: BatchObservableResult,
  gauges: Record<Gauges, Observable>,
  { destinations, clock }: MetricSources,
): void {
  const now = clock();
  for (const { name: destination, waiting, capacity, oldest } of destinations) {
    result.observe(gauges.outboxSize, waiting, { destination });
    result.observe(gauges.outboxCapacity, capacity, { destination });
    const age = oldest === undefined ? 0 : Math.max(0, now - oldest) / 1e6;
    result.observe(gauges.outboxOldest, age, { destination });
  }
}

function observeClusters(
  result: BatchObservableResult,
  gauges: Record<Gauges, Observable>,
  { clusters }: MetricSources,
): void {
  for (const [name, { last, lag }] of clusters) {
    const labels = name === NO_NAME ? {} : { 'k8s.cluster.name': name };
    result.observe(gauges.eventLag, lag / 1e6, labels);
    result.observe(gauges.lastEvent, last / 1e6, labels);
  }
}
