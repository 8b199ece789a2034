import { expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { read } from '../../../src/audit/read.ts';
import type { Micros } from '../../../src/model/time.ts';
import { CLUSTERS_MAX, ClusterTimes } from '../../../src/telemetry/cluster-times.ts';
import { otlpBytes, refused, request, TEN } from '../../support/events.ts';

const PLAN = compilePlan([{ path: 'k8s.cluster.name', literals: [] }]);
const SECOND = 1_000_000;

const at = (seconds: number) => (TEN + seconds * SECOND) as Micros;
const eventsAt = (...seconds: number[]) => seconds.map((one) => refused(at(one), ['192.0.2.1']));

async function seen(
  ...requests: readonly (readonly [cluster: string | undefined, arrived: number, ...events: number[]])[]
) {
  const times = new ClusterTimes();
  let visits = 0;
  for (const [cluster, arrived, ...events] of requests) {
    const resource = cluster === undefined ? {} : { 'k8s.cluster.name': cluster };
    const bytes = otlpBytes(eventsAt(...events), resource);
    await times.reading(read)(request(bytes, 'otlp', at(arrived)), PLAN, () => void visits++);
  }
  expect(visits).toBe(requests.reduce((sum, [, , ...events]) => sum + events.length, 0));
  return Object.fromEntries(
    [...times.all].map(([name, { last, lag }]) => [name, [(last - TEN) / SECOND, lag / SECOND]]),
  );
}

test('each cluster has the time of its latest event, and the lag of its last request', async () => {
  expect(await seen(['prod', 11, 10, 12], [undefined, 13, 9], ['prod', 20, 5], ['test', 21, 22])).toEqual({
    prod: [10, 15],
    '': [9, 4],
    test: [22, -1],
  });
});

test('an event without a time of its own says nothing', async () => {
  const times = new ClusterTimes();
  const {
    stageTimestamp: _,
    requestReceivedTimestamp: __,
    ...event
  } = eventsAt(1)[0]! as Record<string, unknown>;
  const bytes = otlpBytes([event as never], {});
  await times.reading(read)(request(bytes, 'otlp', at(5)), PLAN, () => {});
  expect(times.all.size).toBe(0);
});

test('clusters are bounded, since senders write their names', async () => {
  const many = Array.from({ length: CLUSTERS_MAX + 5 }, (_, i) => [`c${i}`, 10, i] as const);
  const all = await seen(...many, ['c0', 30, 25], ['x'.repeat(500), 40, 39]);
  expect(Object.keys(all)).toHaveLength(CLUSTERS_MAX + 1);
  expect(all['c0']).toEqual([25, 5]);
  expect(all['other']).toEqual([39, 1]);
});

test('a long name of a cluster is cut', async () => {
  expect(Object.keys(await seen(['x'.repeat(500), 1, 1]))).toEqual(['x'.repeat(128)]);
});
