import { describe, expect, test } from 'vitest';
import { OutboxBatches } from '../../../src/export/outbox-batches.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import { batchOf, FakeOutbox, uidsOf } from './fake-outbox.ts';

const SIEM = { name: 'siem' };
const NEVER = new AbortController().signal;

test('all that the outbox holds comes in batches of the size, then an empty one', async () => {
  const batches = new OutboxBatches(new FakeOutbox('abcde'), SIEM, 2);
  const all = [];
  for (let batch = await batches.next(NEVER); batch?.length; batch = await batches.next(NEVER))
    all.push(uidsOf(batch));
  expect(all).toEqual(['ab', 'cd', 'e']);
});

test('now gives what is there', async () => {
  const batches = new OutboxBatches(new FakeOutbox('abc'), SIEM, 2);
  expect(uidsOf(await batches.now())).toBe('ab');
  expect(uidsOf((await batches.next(NEVER))!)).toBe('c');
});

test('now does not wait, and what comes later is not lost', async () => {
  const later = Promise.withResolvers<ReturnType<typeof batchOf>>();
  const outbox = new FakeOutbox('');
  let asked = 0;
  outbox.take = () => {
    asked++;
    return later.promise as ReturnType<FakeOutbox['take']>;
  };
  const batches = new OutboxBatches(outbox, SIEM, 2);
  expect(await batches.now()).toEqual([]);
  later.resolve(batchOf('a'));
  expect(uidsOf((await batches.next(NEVER))!)).toBe('a');
  expect(asked).toBe(1);
});

test('the wait for a batch ends with the signal', async () => {
  const stop = new AbortController();
  const next = new OutboxBatches(new FakeOutbox('', true), SIEM, 2).next(stop.signal);
  stop.abort();
  expect(await next).toBeUndefined();
});

describe('events of different request keys', () => {
  const TENANTS = { ...SIEM, requestKey: ({ uid }: RiskEvent) => (uid < 'x' ? 'one' : 'two') };

  test('come in batches of their own, each in its order, and none is lost', async () => {
    const batches = new OutboxBatches(new FakeOutbox('axbycz'), TENANTS, 4);
    const all = [];
    for (let batch = await batches.next(NEVER); batch?.length; batch = await batches.next(NEVER))
      all.push(uidsOf(batch));
    expect(all).toEqual(['ab', 'xy', 'c', 'z']);
  });

  test('are given before the outbox is asked again, also where there is no time to wait', async () => {
    const batches = new OutboxBatches(new FakeOutbox('axby'), TENANTS, 3);
    expect([uidsOf(await batches.now()), uidsOf(await batches.now()), uidsOf(await batches.now())]).toEqual([
      'ab',
      'x',
      'y',
    ]);
    expect(await batches.now()).toEqual([]);
  });
});
