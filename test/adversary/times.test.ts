import { expect, test } from 'vitest';
import { formatTime } from '../../src/lib/time-format.ts';
import type { Micros } from '../../src/model/time.ts';
import { after, attackedScan, attempt, HOUR, MINUTE, of, risks, SCANNING, SECOND, sent } from './attacked.ts';

const CLIENT = '198.51.100.7';
const scan = (from: number, client = CLIENT) =>
  Array.from({ length: 6 }, (_, i) => attempt(from + i * SECOND, [client]));
const DAY = 24 * HOUR;

test('replayed batches: what is delivered again counts nothing, in any order and in other batches', async () => {
  const sidewatch = await attackedScan();
  const five = scan(0).slice(0, 5);
  for (let i = 0; i < 4; i++)
    await sent(sidewatch, i % 2 ? five.toReversed() : five, after(MINUTE * (i + 1)));
  expect(await risks(sidewatch)).toEqual([]);
  const six = [...five, attempt(30 * SECOND, [CLIENT])];
  for (const event of [...six, ...six.toReversed()]) await sent(sidewatch, [event], after(6 * MINUTE));
  expect(of(SCANNING, await risks(sidewatch))).toHaveLength(1);
});

test('late batches: a backlog of a day is found, and so is a hit that comes an hour after the others', async () => {
  const sidewatch = await attackedScan();
  await sent(sidewatch, scan(-DAY), after(0));
  expect(of(SCANNING, await risks(sidewatch))).toMatchObject([{ at: after(-DAY + 5 * SECOND) }]);
  const [last, ...others] = scan(0, '198.51.100.8');
  await sent(sidewatch, others, after(MINUTE));
  await sidewatch.close(after(MINUTE));
  await sent(sidewatch, [last!], after(HOUR));
  expect(of(SCANNING, await risks(sidewatch))).toHaveLength(1);
  expect(sidewatch.counters.of('hits_late')).toBeGreaterThan(0);
});

test.each([
  ['the far future', Date.parse('2200-01-01T00:00:00Z') * 1000],
  ['the far past', 0],
])('timestamps from %s: they make nothing late, hold nothing open and close nothing', async (_, time) => {
  const sidewatch = await attackedScan();
  const odd = {
    stageTimestamp: formatTime(time as Micros),
    requestReceivedTimestamp: formatTime(time as Micros),
  };
  const [first, ...others] = scan(0);
  await sent(sidewatch, [first!], after(0));
  await sent(sidewatch, [attempt(0, ['203.0.113.1'], odd), attempt(0, [CLIENT], odd)], after(SECOND));
  for (const event of others) {
    await sent(sidewatch, [event]);
    await sidewatch.close(after(MINUTE));
  }
  // The odd one is no part of the scan: it happened at another time.
  expect(of(SCANNING, await risks(sidewatch))).toMatchObject([
    { at: after(5 * SECOND), attributes: { 'client.address': CLIENT, 'sidewatch.count': 6 } },
  ]);
  expect(sidewatch.counters.of('hits_late')).toBe(time === 0 ? 2 : 0);
  await sidewatch.close(after(4 * HOUR));
  expect(sidewatch.held).toEqual({ groups: 0, bytes: 0 });
});

test('a scan whose times are forged is found as well, at those times', async () => {
  const sidewatch = await attackedScan();
  const future = Date.parse('2200-01-01T00:00:00Z') * 1000;
  const odd = (i: number) => ({
    stageTimestamp: formatTime((future + i) as Micros),
    requestReceivedTimestamp: formatTime((future + i) as Micros),
  });
  for (let i = 0; i < 6; i++) await sent(sidewatch, [attempt(0, [CLIENT], odd(i))], after(i * SECOND));
  expect(of(SCANNING, await risks(sidewatch))).toHaveLength(1);
});
