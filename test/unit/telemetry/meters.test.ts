import { describe, expect, test } from 'vitest';
import { REASONS } from '../../../src/audit/bytes/token-kinds.ts';
import { ENVELOPES } from '../../../src/audit/envelopes/table.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { MetricLevel } from '../../../src/model/counters.ts';
import { COUNTERS, type CounterInfo, type CounterName } from '../../../src/model/counters.ts';
import type { Micros, Ms } from '../../../src/model/time.ts';
import { ruleNames } from '../../../src/rules/explain/rule-names.ts';
import { levelOf } from '../../../src/semantics/level-scores.ts';
import { loadRuleSet } from '../../../src/setup/load-rule-set.ts';
import { measured } from './measured.ts';

describe('a scrape', () => {
  test('is valid, with a zero for everything that can be counted without a label', async () => {
    const { values } = measured('detailed');
    expect({
      ...(await values('sidewatch_requests_total')),
      ...(await values('sidewatch_records_total')),
      ...(await values('sidewatch_reloads_total')),
    }).toEqual({
      'sidewatch_requests_total{verdict=accepted}': 0,
      'sidewatch_requests_total{verdict=overloaded}': 0,
      'sidewatch_requests_total{verdict=malformed}': 0,
      'sidewatch_requests_total{verdict=relayed}': 0,
      'sidewatch_requests_total{verdict=unavailable}': 0,
      sidewatch_records_total: 0,
      'sidewatch_reloads_total{result=replaced}': 0,
      'sidewatch_reloads_total{result=unchanged}': 0,
      'sidewatch_reloads_total{result=failed}': 0,
    });
    expect(await values('sidewatch_export_dead')).toEqual({
      'sidewatch_export_dead_total{destination=siem}': 0,
    });
    expect(await values('target_info')).toEqual({
      'target_info{service_name=mine,service_version=1.2.3}': 1,
    });
  });

  test('shows the gauges, in seconds and bytes', async () => {
    const clusters = new Map([
      ['prod', { last: 1_768_471_190_500_000 as Micros, lag: 1_500_000 }],
      ['', { last: 1_768_471_190_000_000 as Micros, lag: -20_000 }],
    ]);
    const store = { file: 3000, journal: 200, snapshot: 1000 };
    const { values } = measured('basic', { clusters, store, ready: false });
    expect({
      ...(await values('sidewatch_outbox_')),
      ...(await values('sidewatch_state_')),
      ...(await values('sidewatch_store_')),
      ...(await values('sidewatch_event_')),
      ...(await values('sidewatch_loop_')),
      ...(await values('sidewatch_rules')),

      ...(await values('sidewatch_ready')),
      ...(await values('sidewatch_build')),
    }).toEqual({
      'sidewatch_outbox_dropped_total{destination=siem}': 0,
      'sidewatch_outbox_refused_total{destination=siem}': 0,
      'sidewatch_outbox_size{destination=siem}': 3,
      'sidewatch_outbox_capacity{destination=siem}': 10,
      'sidewatch_outbox_oldest_age_seconds{destination=siem}': 2.5,
      sidewatch_state_evicted_total: 0,
      sidewatch_state_size_bytes: 500,
      sidewatch_state_limit_bytes: 1000,
      'sidewatch_store_commits_total{result=done}': 0,
      'sidewatch_store_commits_total{result=failed}': 0,
      'sidewatch_store_snapshots_total{result=made}': 0,
      'sidewatch_store_snapshots_total{result=failed}': 0,
      sidewatch_store_file_size_bytes: 3000,
      sidewatch_store_journal_size_bytes: 200,
      sidewatch_store_snapshot_size_bytes: 1000,
      'sidewatch_event_lag_seconds{k8s_cluster_name=prod}': 1.5,
      sidewatch_event_lag_seconds: -0.02,
      'sidewatch_event_last_time_seconds{k8s_cluster_name=prod}': 1_768_471_190.5,
      sidewatch_event_last_time_seconds: 1_768_471_190,
      sidewatch_loop_delay_max_seconds: 0.012,
      sidewatch_loop_delay_p99_seconds: 0.003,
      sidewatch_rules_left_out_total: 0,
      'sidewatch_rules{state=in_force}': 2,
      'sidewatch_rules{state=off}': 1,
      'sidewatch_rules{state=left_out}': 5,
      sidewatch_ready: 0,
      'sidewatch_build_info{version=1.2.3,node=24.0.0}': 1,
    });
  });

  test('shows the histograms', async () => {
    const { meters, values } = measured('basic');
    for (const delay of [-3, 700, 70_000, 7_000_000]) meters.detected(delay as Ms);
    meters.attempted('siem', 80 as Ms);
    meters.committed(4 as Ms);
    const delays = await values('sidewatch_detection_delay_seconds');
    expect(delays).toMatchObject({
      sidewatch_detection_delay_seconds_count: 4,
      sidewatch_detection_delay_seconds_sum: 7070.7,
      'sidewatch_detection_delay_seconds_bucket{le=0.5}': 1,
      'sidewatch_detection_delay_seconds_bucket{le=1}': 2,
      'sidewatch_detection_delay_seconds_bucket{le=300}': 3,
      'sidewatch_detection_delay_seconds_bucket{le=+Inf}': 4,
    });
    expect(await values('sidewatch_store_commit_duration_seconds_bucket')).toMatchObject({
      'sidewatch_store_commit_duration_seconds_bucket{le=0.0025}': 0,
      'sidewatch_store_commit_duration_seconds_bucket{le=0.005}': 1,
    });
    expect(await values('sidewatch_export_duration_seconds_bucket')).toMatchObject({
      'sidewatch_export_duration_seconds_bucket{destination=siem,le=0.05}': 0,
      'sidewatch_export_duration_seconds_bucket{destination=siem,le=0.1}': 1,
    });
  });

  test('escapes whatever the name of a rule or a cluster holds', async () => {
    const odd = 'a "quoted" \\ back\\nslash\nnew line } # {le="1"} é 日本 \u0007 \u2028 \ud800';
    const { counters, samples, text } = measured('normal', {
      ruleName: () => odd,
      clusters: new Map([[odd, { last: 0 as Micros, lag: 0 }]]),
    });
    counters.add('matches', 3, 'id');
    const seen = await samples();
    expect(seen.find(({ name }) => name === 'sidewatch_matches_total')).toEqual({
      name: 'sidewatch_matches_total',
      labels: { rule: odd },
      value: 3,
    });
    expect(seen.find(({ name }) => name === 'sidewatch_event_lag_seconds')?.labels).toEqual({
      k8s_cluster_name: odd,
    });
    expect(await text()).not.toMatch(/^new line/m);
  });
});

describe('telemetry.metrics.level', () => {
  const counted = (level: MetricLevel) => {
    const all = measured(level, { rules: [{ id: 'quiet', level: 'low' }] });
    all.counters.add('matches', 2, 'a');
    all.counters.add('matches', 3, 'b');
    all.counters.add('hits', 4, 'a');
    all.counters.add('detections', 1, 'a', 'high');
    all.counters.add('detections', 2, 'quiet', 'informational');
    all.counters.add('detections', 5, 'inner');
    return all;
  };

  test('basic has no rules, and detections by level', async () => {
    const { values, text } = counted('basic');
    expect(await text()).not.toMatch(/rule=/);
    expect(await values('sidewatch_matches_total')).toEqual({ sidewatch_matches_total: 5 });
    expect(await values('sidewatch_detections_total')).toEqual({
      'sidewatch_detections_total{level=informational}': 2,
      'sidewatch_detections_total{level=low}': 0,
      'sidewatch_detections_total{level=medium}': 0,
      'sidewatch_detections_total{level=high}': 1,
      'sidewatch_detections_total{level=critical}': 0,
      sidewatch_detections_total: 5,
    });
  });

  test('normal has the rules of matches, detections and late hits', async () => {
    const { values, counters } = counted('normal');
    counters.add('hits_late', 6, 'a');
    expect(await values('sidewatch_matches_total')).toEqual({
      'sidewatch_matches_total{rule=name of a}': 2,
      'sidewatch_matches_total{rule=name of b}': 3,
    });
    expect(await values('sidewatch_hits_')).toMatchObject({
      sidewatch_hits_total: 4,
      'sidewatch_hits_late_total{rule=name of a}': 6,
    });
    // A series that began at 1 would be no increase for Prometheus: a rule in force has a zero.
    expect(await values('sidewatch_detections_total')).toEqual({
      'sidewatch_detections_total{rule=name of quiet,level=low}': 0,
      // Lower than its rule, since the requests were refused.
      'sidewatch_detections_total{level=informational}': 2,
      'sidewatch_detections_total{rule=name of a,level=high}': 1,
      'sidewatch_detections_total{rule=name of inner}': 5,
    });
  });

  test('detailed has all rules', async () => {
    const { values } = counted('detailed');
    expect(await values('sidewatch_detections_total')).toMatchObject({
      'sidewatch_detections_total{rule=name of quiet,level=informational}': 2,
    });
    expect(await values('sidewatch_hits_total')).toEqual({ 'sidewatch_hits_total{rule=name of a}': 4 });
  });
});

/** Every counter for every label that the default pack and a bad day can give it. */
async function fullyActive(level: MetricLevel): Promise<number> {
  const loaded = loadConfig(undefined, {}, () => '');
  if ('errors' in loaded) throw new Error();
  const { rules, bases, documents } = loadRuleSet(loaded.config.rules);
  const names = ruleNames(documents);
  const all = measured(level, {
    store: { file: 3, journal: 2, snapshot: 1 },
    ruleName: (id) => {
      if (!names.has(id)) throw new Error(`${id} has no name`);
      return names.get(id)!;
    },
    rules: rules.filter(({ silent }) => !silent),
    clusters: new Map([['prod', { last: 0 as Micros, lag: 0 }]]),
  });
  const windows = rules.filter(({ kind }) => kind !== 'match');
  const others: Readonly<Record<string, readonly string[]>> = {
    verdict: ['accepted', 'overloaded', 'malformed', 'unavailable', 'too_large', 'unauthenticated'],
    kind: ['text', 'json', 'other', 'empty', 'own'],
    result: ['replaced', 'unchanged', 'failed'],
    destination: ['siem'],
    '': [''],
  };
  const reasons: Readonly<Partial<Record<CounterName, readonly string[]>>> = {
    events_slow: [...Object.keys(REASONS), ...ENVELOPES.map(({ name }) => name)],
    live_readers_closed: ['slow', 'too_many'],
    requests_refused: [
      ...['cancelled', 'deadline', 'cut off', 'sender limit', 'http 415'],
      ...[1, 3, 4, 8, 12, 13, 14, 16].map((code) => `grpc ${code}`),
    ],
  };
  const rulesOf = (name: CounterName) => {
    if (name === 'matches') return bases.map(({ id }) => id);
    // Late is a hit of a window, and it is dropped by windows with `late: drop` alone.
    if (name === 'hits_late') return windows.map(({ id }) => id);
    if (name === 'hits_late_dropped')
      return windows
        .filter(({ window }) => window.kind === 'tumbling' && window.late === 'drop')
        .map(({ id }) => id);
    return rules.map(({ id }) => id);
  };
  for (const name of Object.keys(COUNTERS) as CounterName[]) {
    const info: CounterInfo = COUNTERS[name];
    if (info.byLevel) continue;
    for (const by of info.by === 'rule' ? rulesOf(name) : (reasons[name] ?? others[info.by ?? '']!))
      all.counters.add(name, 1, by);
  }
  for (const { id, silent, level: own, risk } of rules) {
    all.counters.add('detections', 1, id, silent ? undefined : own);
    if (!silent && risk.refusedScore !== undefined)
      all.counters.add('detections', 1, id, levelOf(risk.refusedScore, own));
  }
  all.meters.detected(1 as Ms);
  all.meters.attempted('siem', 1 as Ms);
  all.meters.committed(1 as Ms);
  return (await all.samples()).length;
}

test('with the default pack fully active, a sidecar has fewer than 550 series at normal', async () => {
  const [basic, normal, detailed] = await Promise.all(
    (['basic', 'normal', 'detailed'] as const).map(fullyActive),
  );
  expect(basic).toBeLessThan(normal!);
  expect(detailed).toBeGreaterThan(550);
  expect(normal).toBeLessThan(550);
});
