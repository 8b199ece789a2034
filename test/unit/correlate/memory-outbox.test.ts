import { expect, test } from 'vitest';
import { MemoryOutbox } from '../../../src/correlate/memory-outbox.ts';
import { aRiskEvent } from '../export/loopback.ts';

test('what one destination has settled still waits for the other', async () => {
  const outbox = new MemoryOutbox(['fast', 'slow']);
  outbox.add(['a', 'b', 'c'].map((uid) => aRiskEvent(uid)));
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
