import { expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { at } from '../support/events.ts';
import { mixBatches } from '../support/production/mix.ts';
import { SECOND } from '../support/production/schedule.ts';

// Benches take rates and sizes from the production mix, so its shares must hold.

const START = at('2030-06-01T12:00:00Z');
const SIZE = 1000;

function batches(count: number) {
  let now = START;
  const mix = mixBatches(SIZE, 'Metadata', () => {
    now = (now + SECOND) as Micros;
    return now;
  });
  return Array.from({ length: count }, () => mix.next().value);
}

const stampOf = (line: string): Micros => at(/"stageTimestamp":"([^"]+)"/.exec(line)![1]!);

test('its times move with the clock, and are in order within a batch', () => {
  for (const [i, batch] of batches(20).entries()) {
    const stamps = batch.map(({ line }) => stampOf(line));
    expect(stamps.at(-1)).toBe(START + (i + 1) * SECOND);
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
  }
});

test('it is the same in each run', () => {
  const lines = () => batches(1)[0]!.map(({ line }) => line);
  expect(lines()).toEqual(lines());
});

test('it is mostly leases, watches, gets and states; people are few, refusals fewer, scans among it', () => {
  const all = batches(60).flat();
  const share = (is: (one: (typeof all)[number]) => boolean) => all.filter(is).length / all.length;
  const kindOf = ({ event: { call } }: (typeof all)[number]) => ('kind' in call.to ? call.to.kind : '');
  const status = ({ event: { call } }: (typeof all)[number]) =>
    'kind' in call.to && call.to.subresource === 'status';
  expect(share((one) => kindOf(one) === 'leases')).toBeGreaterThan(0.4);
  expect(
    share((one) => ['watch', 'get'].includes(one.event.call.verb) || kindOf(one) === 'leases' || status(one)),
  ).toBeGreaterThan(0.8);
  expect(share(({ event }) => event.actor === 'people')).toBeLessThan(0.05);
  expect(share(({ event }) => event.actor === 'people')).toBeGreaterThan(0.005);
  const refused = share(({ line }) => line.includes('"code":403'));
  expect(refused).toBeGreaterThan(0.0005);
  expect(refused).toBeLessThan(0.0015);
  expect(share(({ event }) => event.actor === 'scans')).toBeGreaterThan(0.0002);
});
