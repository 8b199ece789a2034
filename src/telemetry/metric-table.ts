import {
  COUNTERS,
  type CounterInfo,
  type CounterName,
  METRIC_LEVELS,
  type MetricLevel,
} from '../model/counters.ts';

export interface MetricInfo {
  /** As OpenTelemetry names it. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** UCUM: `{record}`, `By`, `s`; '' where the value has none. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly what: string;
}

/** What is measured beside the counters. */
export const MEASURED = {
  delay: {
    name: 'sidewatch.detection.delay',
    kind: 'histogram',
    unit: 's',
    labels: [],
    what: 'time from the last event of a detection to the detection',
  },
  exportDuration: {
    name: 'sidewatch.export.duration',
    kind: 'histogram',
    unit: 's',
    labels: ['destination'],
    what: 'how long a delivery attempt took, whatever its end',
  },
  forwardDuration: {
    name: 'sidewatch.forward.duration',
    kind: 'histogram',
    unit: 's',
    labels: [],
    what: 'how long the next hop took to answer a request (`forward`), whatever its answer; its sender waits that long',
  },
  commitDuration: {
    name: 'sidewatch.store.commit.duration',
    kind: 'histogram',
    unit: 's',
    labels: [],
    what: 'how long the store took to make changes durable, or to fail; what comes meanwhile waits for the next commit',
  },
  storeFile: {
    name: 'sidewatch.store.file.size',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    what: 'the files of the store, as they were within the last 15 seconds; they do not shrink',
  },
  storeJournal: {
    name: 'sidewatch.store.journal.size',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    what: 'of these, the journal since the last snapshot',
  },
  storeSnapshot: {
    name: 'sidewatch.store.snapshot.size',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    what: 'of these, the last snapshot',
  },
  outboxSize: {
    name: 'sidewatch.outbox.size',
    kind: 'gauge',
    unit: '{risk_event}',
    labels: ['destination'],
    what: 'risk events that wait for delivery',
  },
  outboxCapacity: {
    name: 'sidewatch.outbox.capacity',
    kind: 'gauge',
    unit: '{risk_event}',
    labels: ['destination'],
    what: 'risk events that may wait (`sending_queue.queue_size`); `sending_queue.on_full` says what happens to more',
  },
  outboxOldest: {
    name: 'sidewatch.outbox.oldest_age',
    kind: 'gauge',
    unit: 's',
    labels: ['destination'],
    what: 'how long the oldest risk event has waited; 0 where none waits',
  },
  groups: {
    name: 'sidewatch.groups',
    kind: 'gauge',
    unit: '{group}',
    labels: [],
    what: 'groups that the windows of all rules hold',
  },
  stateSize: {
    name: 'sidewatch.state.size',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    what: 'memory of all windows, estimated on the high side',
  },
  stateLimit: {
    name: 'sidewatch.state.limit',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    what: 'memory that windows may have before groups give way (`limits.state_mib`)',
  },
  eventLag: {
    name: 'sidewatch.event.lag',
    kind: 'gauge',
    unit: 's',
    labels: ['k8s.cluster.name'],
    what: 'how long before its arrival the first event of the last request happened',
  },
  lastEvent: {
    name: 'sidewatch.event.last_time',
    kind: 'gauge',
    unit: 's',
    labels: ['k8s.cluster.name'],
    what: 'Unix time of the latest event seen: of the first events of all requests, the one that happened last',
  },
  loopDelayMax: {
    name: 'sidewatch.loop.delay.max',
    kind: 'gauge',
    unit: 's',
    labels: [],
    what: 'the longest time that the event loop was held in this minute and the one before',
  },
  loopDelay99: {
    name: 'sidewatch.loop.delay.p99',
    kind: 'gauge',
    unit: 's',
    labels: [],
    what: 'the 99th percentile of that time',
  },
  rules: {
    name: 'sidewatch.rules',
    kind: 'gauge',
    unit: '{rule}',
    labels: ['state'],
    what: 'rules that are `in_force`, rules that are `off`, and what is `left_out` because of an error (`rules.on_error: keep_valid`)',
  },
  ready: {
    name: 'sidewatch.ready',
    kind: 'gauge',
    unit: '',
    labels: [],
    what: '1 if /readyz says ok, 0 if not',
  },
  build: {
    name: 'sidewatch.build.info',
    kind: 'gauge',
    unit: '',
    labels: ['version', 'node'],
    what: 'always 1; the versions of Sidewatch and of Node.js',
  },
} as const satisfies Readonly<Record<string, MetricInfo>>;

/** Whether a counter by rule shows its rules at a level, or only their sum. */
export function showsRules({ rulesFrom }: CounterInfo, level: MetricLevel): boolean {
  return METRIC_LEVELS.indexOf(level) >= METRIC_LEVELS.indexOf(rulesFrom ?? 'detailed');
}

export function counterMetric(name: CounterName): MetricInfo {
  const info: CounterInfo = COUNTERS[name];
  return {
    name: `sidewatch.${name}`,
    kind: 'counter',
    unit: info.unit === 'By' ? info.unit : `{${info.unit}}`,
    labels: [...(info.by === undefined ? [] : [info.by]), ...(info.byLevel ? ['level'] : [])],
    what: info.what,
  };
}

/** Units that are a part of a scraped name. */
const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/**
 * The name in a scrape, which is also the one that Prometheus and the collector make of the OpenTelemetry name: without
 * dots, with the unit if it is one of measure, and a counter with `_total`.
 */
export function scrapedName({ name, kind, unit }: Pick<MetricInfo, 'name' | 'kind' | 'unit'>): string {
  const words = name.replaceAll('.', '_');
  const suffix = SUFFIXES[unit] ?? '';
  return `${words}${words.endsWith(suffix) ? '' : suffix}${kind === 'counter' ? '_total' : ''}`;
}

/** A row of docs/metrics.md for each metric. */
export function metricRows(): readonly (readonly string[])[] {
  const code = (text: string) => `\`${text}\``;
  const counters = (Object.keys(COUNTERS) as CounterName[]).map((name) => {
    const info: CounterInfo = COUNTERS[name];
    return {
      metric: counterMetric(name),
      rulesFrom: info.by === 'rule' ? (info.rulesFrom ?? 'detailed') : '',
    };
  });
  const measured = Object.values<MetricInfo>(MEASURED).map((metric) => ({ metric, rulesFrom: '' }));
  return [...counters, ...measured].map(({ metric, rulesFrom }) => [
    code(metric.name),
    code(scrapedName(metric)),
    metric.kind,
    metric.unit === '' ? '' : code(metric.unit),
    metric.labels
      .map((label) => `${code(label.replaceAll('.', '_'))}${label === 'rule' ? ` (${rulesFrom})` : ''}`)
      .join(', '),
    metric.what,
  ]);
}
