import { describe, expect, test } from 'vitest';
import { MemoryOutbox } from '../../../src/correlate/memory-outbox.ts';
import { Overflow } from '../../../src/correlate/overflow.ts';
import type { DeadLetter } from '../../../src/model/dead-letters.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Level } from '../../../src/model/rule.ts';
import type { OnFull } from '../../../src/model/state.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TestCounters } from '../../support/counters.ts';
import { aRiskEvent } from '../export/loopback.ts';

const event = (uid: string, level: Level = 'medium'): RiskEvent => ({
  ...aRiskEvent(uid),
  rank: { score: 0, level },
});

/** A destination `siem` for which `size` may wait, and one that takes nothing and never has to give way. */
function overflowing(size: number, onFull: OnFull) {
  const outbox = new MemoryOutbox(['siem', 'lake']);
  const counters = new TestCounters();
  const letters: DeadLetter[] = [];
  const disk: { fault: string | undefined; gate: Promise<void> } = {
    fault: undefined,
    gate: Promise.resolve(),
  };
  const bound = { size, onFull };
  const overflow = new Overflow(
    outbox,
    new Map([
      ['siem', bound],
      ['lake', { size: 100, onFull: 'block' }],
    ]),
    counters,
    {
      async write(to, all) {
        await disk.gate;
        if (disk.fault === undefined) letters.push(...all.filter(() => to === 'siem'));
        return disk.fault;
      },
    },
  );
  const settled = async () => {
    // Each letter takes a few turns of promises; none of them waits for anything else.
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  return {
    outbox,
    counters,
    letters,
    disk,
    settled,
    blocks: () => overflow.blocks('siem', bound),
    review: () => overflow.review(),
    async add(...events: RiskEvent[]) {
      outbox.add(events, 1 as Micros);
      await settled();
    },
    async waits() {
      const taken = await outbox.take('siem', 100);
      return taken.map(({ event: { uid } }) => uid).join('');
    },
  };
}

describe('a full queue that drops', () => {
  test('loses the least severe first, of these the oldest, and counts them', async () => {
    const { add, waits, counters, outbox } = overflowing(3, 'drop_oldest');
    await add(event('a', 'high'), event('b', 'low'), event('c', 'low'));
    expect(counters.of('outbox_dropped')).toBe(0);
    await add(event('d', 'critical'), event('e', 'low'));
    expect(counters.of('outbox_dropped', 'siem')).toBe(2);
    expect([outbox.left('siem'), outbox.left('lake'), outbox.size]).toEqual([3, 5, 5]);
    expect(await waits()).toBe('dae');
  });

  test('keeps what is lent, and what is lent takes no room', async () => {
    const { add, outbox, waits, counters } = overflowing(1, 'drop_oldest');
    await add(event('a'));
    const [lent] = await outbox.take('siem', 1);
    await add(event('b', 'critical'));
    expect([outbox.left('siem'), counters.of('outbox_dropped')]).toEqual([2, 0]);
    await add(event('c'));
    expect(await waits()).toBe('b');
    await outbox.settle('siem', [lent!.seq], 'delivered');
    expect(counters.of('outbox_dropped')).toBe(1);
  });
});

describe('a full queue with dead letters', () => {
  test('has them written before it settles them', async () => {
    const { add, outbox, letters, disk, settled } = overflowing(1, 'dead_letter');
    const { promise, resolve } = Promise.withResolvers<void>();
    disk.gate = promise;
    await add(event('a'), event('b'));
    expect([outbox.left('siem'), letters.length]).toEqual([2, 0]);
    resolve();
    await settled();
    expect(outbox.left('siem')).toBe(1);
    expect(letters).toMatchObject([{ event: { uid: 'a' }, why: 'the queue was full: 1 risk events waited' }]);
  });

  test('blocks while they cannot be written, loses nothing, and tries again when asked', async () => {
    const { add, outbox, letters, disk, blocks, review, settled } = overflowing(2, 'dead_letter');
    expect(blocks()).toBe(false);
    disk.fault = 'no space left';
    await add(event('a'), event('b'), event('c'));
    expect([outbox.left('siem'), outbox.lent('siem'), blocks()]).toEqual([3, 0, true]);
    review();
    await settled();
    expect([outbox.left('siem'), letters.length, blocks()]).toEqual([3, 0, true]);
    disk.fault = undefined;
    review();
    await settled();
    expect([outbox.left('siem'), letters.length, blocks()]).toEqual([2, 1, false]);
  });

  test('finds out that they can be written again, although the queue is no more than full', async () => {
    const { add, outbox, disk, blocks, review, settled } = overflowing(2, 'dead_letter');
    disk.fault = 'no space left';
    await add(event('a'), event('b'), event('c'));
    await outbox.settle('siem', [(await outbox.take('siem', 1))[0]!.seq], 'delivered');
    disk.fault = undefined;
    expect(blocks()).toBe(true);
    review();
    await settled();
    expect([outbox.left('siem'), blocks()]).toEqual([1, false]);
  });
});

test('a queue that blocks keeps what it has', async () => {
  const { add, outbox, blocks } = overflowing(1, 'block');
  await add(event('a'), event('b'));
  expect([outbox.left('siem'), blocks()]).toEqual([2, true]);
});
