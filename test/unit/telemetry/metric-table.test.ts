import { expect, test } from 'vitest';
import { COUNTERS, type CounterName } from '../../../src/model/counters.ts';
import {
  counterMetric,
  MEASURED,
  type MetricInfo,
  scrapedName,
} from '../../../src/telemetry/metric-table.ts';
import { measured } from './measured.ts';

test.each([
  ['sidewatch.records', 'counter', '{record}', 'sidewatch_records_total'],
  ['sidewatch.detection.delay', 'histogram', 's', 'sidewatch_detection_delay_seconds'],
  ['sidewatch.state.size', 'gauge', 'By', 'sidewatch_state_size_bytes'],
  ['sidewatch.nul_bytes', 'counter', 'By', 'sidewatch_nul_bytes_total'],
  ['sidewatch.ready', 'gauge', '', 'sidewatch_ready'],
] as const)('%s is scraped as %s %s %s', (name, kind, unit, scraped) => {
  expect(scrapedName({ name, kind, unit })).toBe(scraped);
});

test('units are those of UCUM, names are in lower case, and no two metrics have one name', () => {
  const all = [
    ...(Object.keys(COUNTERS) as CounterName[]).map(counterMetric),
    ...Object.values<MetricInfo>(MEASURED),
  ];
  for (const { name, unit } of all) {
    expect(unit).toMatch(/^(\{[a-z_]+\}|s|By|)$/);
    expect(name).toMatch(/^sidewatch(\.[a-z0-9]+(_[a-z0-9]+)*)+$/);
  }
  expect(new Set(all.map(scrapedName)).size).toBe(all.length);
});

test('a scrape has the names of the table', async () => {
  const { meters, counters, samples } = measured('detailed', {
    clusters: new Map([['prod', { last: 0 as never, lag: 0 }]]),
    store: { file: 3, journal: 2, snapshot: 1 },
  });
  meters.detected(1 as never);
  meters.attempted('siem', 1 as never);
  meters.forwarded(1 as never);
  meters.committed(1 as never);
  for (const name of Object.keys(COUNTERS) as CounterName[]) counters.add(name, 1, 'x');
  const names = new Set((await samples()).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
  const table = [
    ...(Object.keys(COUNTERS) as CounterName[]).map(counterMetric),
    ...Object.values<MetricInfo>(MEASURED),
  ];
  expect([...names].sort()).toEqual([...table.map(scrapedName), 'target_info'].sort());
});
