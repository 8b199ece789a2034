import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { MemoryState } from '../../../src/correlate/memory-state.ts';
import type { OnFull } from '../../../src/model/state.ts';
import { TestCounters } from '../../support/counters.ts';
import { aHit, aRule, asEvent, TEN } from '../../support/hits.ts';

const EACH = aRule({ kind: 'match', groupBy: [], condition: [{ op: 'gte', value: 1 }] });

async function twoDestinations(rooms: { siem: number; lake: number }, onFull: Record<string, OnFull> = {}) {
  const counters = new TestCounters();
  const state = new MemoryState({
    limits: { groups: 1000, bytes: 2 ** 20, values: 10 },
    counters,
    destinations: Object.keys(rooms),
    outbox: new Map(
      Object.entries(rooms).map(([name, size]) => [name, { size, onFull: onFull[name] ?? 'block' }]),
    ),
  });
  await state.use([EACH], asEvent);
  const hits = (count: number) => Array.from({ length: count }, () => aHit(TEN, { group: [] }));
  return {
    state,
    counters,
    ask: (count: number) => state.admit(hits(count)),
    async give(count: number) {
      const all = hits(count);
      const held = state.admit(all);
      if (!('release' in held)) throw new Error(held.why);
      await state.record(all, held);
    },
    async settle(to: string, count: number) {
      const batch = await state.outbox.take(to, count);
      await state.outbox.settle(
        to,
        batch.map(({ seq }) => seq),
        'delivered',
      );
    },
  };
}

describe('each destination has room of its own', () => {
  test('one that is full refuses, by name, how full it is and of how many', async () => {
    const { ask, give, settle, counters } = await twoDestinations({ siem: 3, lake: 10 });
    await give(3);
    await settle('lake', 3);
    expect(ask(1)).toEqual({
      retryAfter: 5000,
      why: 'the outbox is full: 3 of 3 risk events wait for siem',
    });
    expect(counters.of('outbox_refused', 'siem')).toBe(1);
    expect(counters.of('outbox_refused', 'lake')).toBe(0);
  });

  test('what has left it makes room, whatever waits for another', async () => {
    const { ask, give, settle } = await twoDestinations({ siem: 3, lake: 10 });
    await give(3);
    await settle('siem', 2);
    expect(ask(2)).toHaveProperty('release');
  });

  test('one that refuses and settles nothing is stuck until it settles something', async () => {
    const { state, ask, give, settle } = await twoDestinations({ siem: 3, lake: 10 });
    await give(2);
    expect(state.isStuck('siem')).toBe(false);
    expect(ask(2)).toHaveProperty('why');
    expect([state.isStuck('siem'), state.isStuck('lake')]).toEqual([true, false]);
    await settle('lake', 2);
    expect(state.isStuck('siem')).toBe(true);
    await settle('siem', 1);
    expect(state.isStuck('siem')).toBe(false);
  });

  test('a request that would need more room than is left is named with what it needs', async () => {
    const { ask, give } = await twoDestinations({ siem: 3, lake: 10 });
    await give(2);
    expect(ask(2)).toMatchObject({
      why: 'the outbox is full: 2 of 3 risk events wait for siem, and this request may add 2',
    });
  });

  test('room that is held counts for every destination', async () => {
    const { ask } = await twoDestinations({ siem: 5, lake: 2 });
    expect(ask(2)).toHaveProperty('release');
    expect(ask(1)).toMatchObject({ why: 'the outbox is full: 2 of 2 risk events wait for lake' });
  });

  test('of two that are full the one that is fuller is named', async () => {
    const { ask, give, settle } = await twoDestinations({ siem: 4, lake: 4 });
    await give(4);
    await settle('siem', 1);
    expect(ask(2)).toMatchObject({ why: 'the outbox is full: 4 of 4 risk events wait for lake' });
  });

  test('a request that is larger than all room waits for that destination to be empty', async () => {
    const { ask, give, settle } = await twoDestinations({ siem: 2, lake: 10 });
    await give(1);
    expect(ask(3)).toMatchObject({ why: expect.stringContaining('wait for siem') });
    await settle('siem', 1);
    expect(ask(3)).toHaveProperty('release');
  });
});

describe('a destination that does not block', () => {
  const dropping = (size: number) =>
    twoDestinations({ siem: size, lake: 10 }, { siem: 'drop_oldest', lake: 'block' });

  test('holds up no request, whatever waits for it', async () => {
    const { state, give, settle, counters } = await dropping(2);
    for (let i = 0; i < 20; i++) {
      await give(1);
      await settle('lake', 1);
    }
    expect(state.outbox.left('siem')).toBe(2);
    expect([counters.of('outbox_dropped', 'siem'), counters.of('outbox_refused')]).toEqual([18, 0]);
    expect(state.isStuck('siem')).toBe(false);
  });

  test('holds up no request that is larger than its queue either', async () => {
    const { state, give, counters } = await twoDestinations(
      { siem: 2, lake: 10 },
      { siem: 'drop_oldest', lake: 'drop_oldest' },
    );
    for (let i = 0; i < 5; i++) await give(30);
    await setImmediate();
    expect([state.outbox.left('siem'), state.outbox.left('lake')]).toEqual([2, 10]);
    expect(counters.of('outbox_dropped', 'siem')).toBe(148);
  });

  test('leaves the room of the others as it is', async () => {
    const { ask, give } = await dropping(2);
    await give(10);
    expect(ask(1)).toMatchObject({ why: 'the outbox is full: 10 of 10 risk events wait for lake' });
  });
});
