import { describe, expect, test } from 'vitest';
import { otlpLogRecords } from '../../../src/formats/otlp-log-records.ts';
import { plainOtel, stampedWhenSent } from '../../../src/formats/plain-record.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TEN } from '../../support/events.ts';
import { aRiskEvent } from '../export/loopback.ts';

const format = otlpLogRecords('1.2.3');

test('each event is one record, in order, with the scope of Sidewatch', () => {
  const records = format([aRiskEvent('a'), aRiskEvent('b')], TEN);
  expect(records.map(({ attributes }) => attributes['log.record.uid'])).toEqual(['a', 'b']);
  expect(records[0]!.instrumentationScope).toEqual({ name: 'sidewatch', version: '1.2.3' });
  expect(records[0]!.instrumentationScope).toBe(records[1]!.instrumentationScope);
});

test('times keep each microsecond', () => {
  const [record] = format([{ ...aRiskEvent('a'), at: (TEN + 1) as Micros }], TEN);
  expect(record!.hrTime).toEqual([TEN / 1_000_000, 1000]);
  expect(record!.hrTimeObserved).toEqual([TEN / 1_000_000, 0]);
});

describe('resources in a batch', () => {
  const resourcesOf = (...clusters: string[]) =>
    format(
      clusters.map((cluster) => ({ ...aRiskEvent('a'), resource: { 'k8s.cluster.name': cluster } })),
      TEN,
    ).map(({ resource }) => resource);

  test('are one object for equal contents, and different ones otherwise', () => {
    const [one, two, three] = resourcesOf('x', 'y', 'x');
    expect(three).toBe(one);
    expect(two).not.toBe(one);
    expect(two!.attributes).toEqual({ 'k8s.cluster.name': 'y' });
  });
});

test('the time may be that of the attempt, for a backend that refuses older records', () => {
  const event = { ...aRiskEvent('a'), at: (TEN - 7_200_000_000) as Micros };
  const [record] = otlpLogRecords('1.2.3', stampedWhenSent(plainOtel))([event], TEN);
  expect(record!.hrTime).toEqual([TEN / 1_000_000, 0]);
});
