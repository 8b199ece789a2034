import { expect, test } from 'vitest';
import { MemoryOutbox } from '../../../src/correlate/memory-outbox.ts';
import type { Micros } from '../../../src/model/time.ts';
import { aRiskEvent } from '../export/loopback.ts';

test('what one destination has settled still waits for the other', async () => {
  const outbox = new MemoryOutbox(['fast', 'slow']);
  outbox.add(
    ['a', 'b', 'c'].map((uid) => aRiskEvent(uid)),
    1 as Micros,
  );
  const taken = await outbox.take('fast', 2);
  expect([outbox.left('fast'), outbox.left('slow')]).toEqual([3, 3]);
  await outbox.settle(
    'fast',
    taken.map(({ seq }) => seq),
    'delivered',
  );
  expect([outbox.size, outbox.left('fast'), outbox.left('slow')]).toEqual([3, 1, 3]);
  await outbox.settle('slow', [taken[0]!.seq], 'dead');
  expect([outbox.size, outbox.left('fast'), outbox.left('slow')]).toEqual([2, 1, 2]);
});

test('the oldest event of a destination is the first that it has not settled', async () => {
  const outbox = new MemoryOutbox(['fast', 'slow']);
  expect(outbox.oldest('fast')).toBeUndefined();
  outbox.add([aRiskEvent('a')], 10 as Micros);
  outbox.add([aRiskEvent('b')], 20 as Micros);
  const [first, second] = await outbox.take('fast', 2);
  await outbox.settle('fast', [first!.seq], 'delivered');
  expect([outbox.oldest('fast'), outbox.oldest('slow')]).toEqual([20, 10]);
  await outbox.settle('fast', [second!.seq], 'delivered');
  expect([outbox.oldest('fast'), outbox.oldest('slow')]).toEqual([undefined, 10]);
});
