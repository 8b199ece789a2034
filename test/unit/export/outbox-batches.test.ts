import { expect, test } from 'vitest';
import { OutboxBatches } from '../../../src/export/outbox-batches.ts';
import { batchOf, FakeOutbox, uidsOf } from './fake-outbox.ts';

const NEVER = new AbortController().signal;

test('all that the outbox holds comes in batches of the size, then an empty one', async () => {
  const batches = new OutboxBatches(new FakeOutbox('abcde'), 'siem', 2);
  const all = [];
  for (let batch = await batches.next(NEVER); batch?.length; batch = await batches.next(NEVER))
    all.push(uidsOf(batch));
  expect(all).toEqual(['ab', 'cd', 'e']);
});

test('now gives what is there', async () => {
  const batches = new OutboxBatches(new FakeOutbox('abc'), 'siem', 2);
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
  const batches = new OutboxBatches(outbox, 'siem', 2);
  expect(await batches.now()).toEqual([]);
  later.resolve(batchOf('a'));
  expect(uidsOf((await batches.next(NEVER))!)).toBe('a');
  expect(asked).toBe(1);
});

test('the wait for a batch ends with the signal', async () => {
  const stop = new AbortController();
  const next = new OutboxBatches(new FakeOutbox('', true), 'siem', 2).next(stop.signal);
  stop.abort();
  expect(await next).toBeUndefined();
});
