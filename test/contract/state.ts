import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/lib/time.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Micros } from '../../src/model/time.ts';
import { aHit, aRule, asEvent, type Bench, end, TEN, tumbling } from '../support/hits.ts';

const MINUTE = minutes(1);
const six = (more = {}) => Array.from({ length: 6 }, (_, i) => aHit(TEN + i * MINUTE, more));
const hourly = aRule({ window: tumbling, emit: 'close', dedupe: 'none' });
const expired = AbortSignal.abort();

/** What every State promises; `make` gives a fresh one. */
export function stateContract(
  name: string,
  make: (
    rules: readonly Rule[],
    limits?: { groups?: number; bytes?: number; outbox?: number },
  ) => Promise<Bench>,
): void {
  describe(`${name}: windows`, () => {
    test('five hits do not fire, the sixth fires at once, the seventh does not again', async () => {
      const { give, fired } = await make([aRule()]);
      const [last, ...first] = six().reverse();
      await give(...first.reverse());
      expect(await fired()).toEqual([]);
      await give(last!);
      expect(await fired()).toMatchObject([
        {
          kind: 'risk',
          count: 6,
          exact: false,
          cut: false,
          at: TEN + 5 * MINUTE,
          seen: [TEN, TEN + 5 * MINUTE],
          window: [TEN - 55 * MINUTE, TEN + 5 * MINUTE],
          group: { 'client.address': '192.0.2.1' },
        },
      ]);
      await give(aHit(TEN + 6 * MINUTE));
      expect(await fired()).toEqual([]);
    });

    test('hits exactly one timespan apart do not meet', async () => {
      const { give, fired } = await make([aRule({ condition: [{ op: 'gte', value: 2 }] })]);
      await give(aHit(TEN), aHit(TEN + 60 * MINUTE));
      expect(await fired()).toEqual([]);
      await give(aHit(TEN + 60 * MINUTE - 1));
      expect(await fired()).toHaveLength(2);
    });

    test('one identity counts once however often and at however many times it comes', async () => {
      const { give, fired } = await make([aRule({ condition: [{ op: 'gte', value: 2 }] })]);
      for (let i = 0; i < 5; i++) await give(aHit(TEN + i * MINUTE, { identity: 'same' }));
      expect(await fired()).toEqual([]);
    });

    test('without an identity every arrival counts', async () => {
      const { give, fired } = await make([aRule({ condition: [{ op: 'gte', value: 3 }] })]);
      const hit = aHit(TEN, { identity: null });
      await give(hit, hit, hit);
      expect(await fired()).toMatchObject([{ count: 3 }]);
    });

    test('a tumbling window is half open, fires at end plus lateness, and is stamped with its last hit', async () => {
      const { state, give, fired } = await make([hourly]);
      const start = TEN - 10 * MINUTE;
      await give(...[0, 1, 2, 3, 4].map((i) => aHit(start + i, { identity: null })));
      await give(aHit(start + 60 * MINUTE - 1, { identity: null }));
      await give(aHit(start + 60 * MINUTE, { identity: null }));
      await state.close((start + 70 * MINUTE - 1) as Micros);
      expect(await fired()).toEqual([]);
      expect(await state.close((start + 70 * MINUTE) as Micros)).toBe(start + 130 * MINUTE);
      expect(await fired()).toMatchObject([
        { count: 6, exact: true, at: start + 60 * MINUTE - 1, window: [start, start + 60 * MINUTE] },
      ]);
    });

    test('late: drop counts and drops a hit from the moment its window closes', async () => {
      const { give, counters } = await make([hourly]);
      const end = TEN + 50 * MINUTE;
      await give(aHit(TEN, { arrived: (end + 10 * MINUTE - 1) as Micros }));
      expect(counters.of('hits_late_dropped')).toBe(0);
      await give(aHit(TEN, { arrived: (end + 10 * MINUTE) as Micros }));
      expect(counters.of('hits_late_dropped', 'rule')).toBe(1);
    });

    test('late: drop closes a window more than a day ahead by its arrival, not in decades', async () => {
      const { state, give, fired } = await make([aRule({ ...hourly, condition: [{ op: 'gte', value: 1 }] })]);
      await give(aHit(TEN + 10_000 * 60 * MINUTE, { arrived: TEN }));
      await state.close((TEN + 71 * MINUTE) as Micros);
      expect(await fired()).toHaveLength(1);
    });

    test('a rule without a window fires for each hit, and a repeat is nothing', async () => {
      const { give, fired } = await make([
        aRule({ kind: 'match', groupBy: [], condition: [{ op: 'gte', value: 1 }] }),
      ]);
      const hit = aHit(TEN, { group: [] });
      await give(hit, aHit(TEN, { group: [] }), hit);
      expect(await fired()).toMatchObject([{ count: 1 }, { count: 1 }]);
    });

    test('values are distinct, and a bound on them is told', async () => {
      const { give, fired } = await make([aRule()]);
      await give(...six().map((hit, i) => ({ ...hit, values: { verb: [i % 2 ? 'get' : 'list'] } })));
      expect(await fired()).toMatchObject([{ values: { verb: ['list', 'get'] }, truncated: [] }]);
    });

    test('a full group table closes the least recently hit group, which loses nothing that it owed', async () => {
      const { give, fired, counters } = await make([hourly], { groups: 2 });
      await give(
        ...six({ identity: null, group: ['old'] }),
        aHit(TEN, { group: ['b'] }),
        aHit(TEN, { group: ['c'] }),
      );
      expect(await fired()).toMatchObject([{ group: { 'client.address': 'old' }, count: 6, cut: true }]);
      expect(counters.of('groups_evicted', 'rule')).toBe(1);
    });

    test('a spent byte budget closes groups too, and counts them', async () => {
      const { give, counters } = await make([aRule()], { bytes: 3000 });
      for (let i = 0; i < 50; i++) await give(aHit(TEN, { group: [`g${i}`] }));
      expect(counters.of('state_evicted', 'rule')).toBeGreaterThan(0);
    });

    test('a rule set with the same fingerprint keeps its windows, another one starts anew', async () => {
      const { state, give, fired, counters } = await make([aRule()]);
      await give(...six().slice(1));
      await state.use([aRule({ title: 'New title' })], asEvent);
      await give(aHit(TEN));
      expect(await fired()).toHaveLength(1);
      await state.use([aRule({ fingerprint: 'other' })], asEvent);
      await give(aHit(TEN));
      expect(counters.of('hits_stale')).toBe(1);
    });
  });

  describe(`${name}: outbox and admission`, () => {
    const each = aRule({ kind: 'match', groupBy: [], condition: [{ op: 'gte', value: 1 }] });
    const one = () => aHit(TEN, { group: [] });

    test('a full outbox refuses before any window changes; the same request passes once there is room', async () => {
      const { state, give, fired, counters } = await make([each], { outbox: 2 });
      await give(one());
      await give(one());
      const refused = one();
      expect(state.admit([refused])).toMatchObject({
        retryAfter: 5000,
        why: expect.stringContaining('outbox is full'),
      });
      expect(counters.of('outbox_refused')).toBe(1);
      expect(await fired()).toHaveLength(2);
      await give(refused);
      expect(await fired()).toHaveLength(1);
    });

    test('a request without hits is always admitted', async () => {
      const { state, give } = await make([each], { outbox: 1 });
      await give(one());
      expect(state.admit([])).toHaveProperty('release');
    });

    test('room that is held counts, and comes back once when released', async () => {
      const { state } = await make([each], { outbox: 1 });
      const held = state.admit([one()]);
      expect(state.admit([one()])).toHaveProperty('retryAfter');
      if ('release' in held) {
        held.release();
        held.release();
      }
      expect(state.admit([one()])).toHaveProperty('release');
      expect(state.admit([one()])).toHaveProperty('retryAfter');
    });

    test('a request larger than the outbox passes when the outbox is empty', async () => {
      const { give, fired } = await make([aRule({ ...each, groupBy: ['client.address'] })], { outbox: 2 });
      await give(...Array.from({ length: 5 }, (_, i) => aHit(TEN, { group: [String(i)] })));
      expect(await fired()).toHaveLength(5);
    });

    test('a timed close waits while the outbox is full', async () => {
      const { state, give, fired } = await make(
        [aRule({ ...hourly, condition: [{ op: 'gte', value: 1 }] })],
        { outbox: 1 },
      );
      await give(aHit(TEN, { group: ['a'] }), aHit(TEN, { group: ['b'] }));
      expect(await state.close(end)).toBeDefined();
      expect(await fired()).toHaveLength(1);
      expect(await state.close(end)).toBeUndefined();
      expect(await fired()).toHaveLength(1);
    });

    test('take leases in order, waits for the first one, and gives nothing once stopped and empty', async () => {
      const { state, give } = await make([each]);
      const first = state.outbox.take('test', 10);
      await give(one());
      const [taken] = await first;
      expect(taken).toBeDefined();
      await give(one(), one());
      expect(await state.outbox.take('test', 1)).toHaveLength(1);
      const waiting = state.outbox.take('test', 10).then(() => state.outbox.take('test', 10));
      await state.stop(expired);
      expect(await waiting).toEqual([]);
      expect(state.outbox.size).toBe(3);
      await state.outbox.settle('test', [taken!.seq], 'delivered');
      expect(state.outbox.size).toBe(2);
    });

    test('stop closes what is held, marked cut, and waits until all is settled', async () => {
      const { state, give } = await make([hourly]);
      await give(...six({ identity: null }));
      const stopped = state.stop(new AbortController().signal);
      const batch = await state.outbox.take('test', 10);
      expect(batch.map(({ event }) => event.detection)).toMatchObject([{ cut: true, count: 6 }]);
      await state.outbox.settle('test', [batch[0]!.seq], 'delivered');
      await stopped;
      await state.stop(expired);
    });
  });
}
