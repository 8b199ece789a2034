import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/lib/time-format.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Admission } from '../../src/model/state.ts';
import type { Micros, Span } from '../../src/model/time.ts';
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
  atStop: 'closes what is open' | 'keeps what is open' = 'closes what is open',
): void {
  const stopTest = test.skipIf(atStop === 'keeps what is open');
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

    test('hits exactly one timespan apart are not in one span', async () => {
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

    test('a detection carries distinct values', async () => {
      const { give, fired } = await make([aRule()]);
      await give(...six().map((hit, i) => ({ ...hit, values: { verb: [i % 2 ? 'get' : 'list'] } })));
      expect(await fired()).toMatchObject([{ values: { verb: ['list', 'get'] }, truncated: [] }]);
    });

    test('a full group table closes the least recently hit group, and what was due of it fires', async () => {
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

    test('a rule with the same fingerprint keeps its windows, one with another fingerprint starts with none', async () => {
      const { state, give, fired, counters } = await make([aRule()]);
      await give(...six().slice(1));
      await state.use([aRule({ title: 'New title' })], asEvent);
      await give(aHit(TEN));
      expect(await fired()).toHaveLength(1);
      await state.use([aRule({ fingerprint: 'other' })], asEvent);
      const held = state.admit([aHit(TEN)]) as Admission;
      expect(await state.record([aHit(TEN)], held)).toBe('stale');
      expect(counters.of('hits_stale')).toBe(1);
      expect(await fired()).toEqual([]);
    });

    test('where some hits were made under other rules, none is recorded', async () => {
      const { state, give, fired } = await make([aRule()]);
      await give(...six().slice(1));
      const hits = [aHit(TEN), aHit(TEN, { fingerprint: 'other' })];
      expect(await state.record(hits, state.admit(hits) as Admission)).toBe('stale');
      expect(await fired()).toEqual([]);
    });

    test('a change of rules lets requests go on while it closes the windows of rules that leave', async () => {
      const leaving = aRule({ condition: [{ op: 'gte', value: 2 }], emit: 'close' });
      const { state, give, fired } = await make([leaving]);
      const groups = Array.from({ length: 50 }, (_, i) => [`g${i}`]);
      for (const group of groups) await give(aHit(TEN, { group }), aHit(TEN + 1, { group }));
      const fresh = aRule({ id: 'fresh', fingerprint: 'fresh', condition: [{ op: 'gte', value: 1 }] });
      let changed = false;
      const change = state.use([fresh], asEvent).then(() => {
        changed = true;
      });
      await give(aHit(TEN, { rule: 'fresh', fingerprint: 'fresh' }));
      expect(changed).toBe(false);
      await change;
      const rules = (await fired()).map(({ rule }) => rule);
      expect(rules.filter((rule) => rule === 'rule')).toHaveLength(50);
      expect(rules.filter((rule) => rule === 'fresh')).toHaveLength(1);
    });

    test('a change that fails does not fail the next one', async () => {
      const { state, give, fired } = await make([aRule()]);
      const broken = aRule({ fingerprint: 'broken', window: undefined as never });
      const outcomes = await Promise.allSettled([
        state.use([broken], asEvent),
        state.use([aRule({ fingerprint: 'good', condition: [{ op: 'gte', value: 1 }] })], asEvent),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      await give(aHit(TEN, { fingerprint: 'good' }));
      expect(await fired()).toHaveLength(1);
    });

    test('a change that fails affects only its own caller', async () => {
      const unhandled: unknown[] = [];
      const note = (reason: unknown) => void unhandled.push(reason);
      process.on('unhandledRejection', note);
      const { state, give, fired } = await make([aRule({ condition: [{ op: 'gte', value: 1 }] })]);
      const broken = aRule({ fingerprint: 'broken', window: undefined as never });
      await expect(state.use([broken], asEvent)).rejects.toThrow();
      await give(aHit(TEN));
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', note);
      expect(unhandled).toEqual([]);
      expect(await fired()).toHaveLength(1);
    });

    test('a change of rules waits for the request that is being recorded, and requests that come meanwhile wait for the change', async () => {
      const rule = aRule({ condition: [{ op: 'gte', value: 1500 }] });
      const { state, fired } = await make([rule]);
      const hits = Array.from({ length: 1500 }, (_, i) => aHit(TEN + i));
      const recorded = state.record(hits, state.admit(hits) as Admission);
      const changed = state.use(
        [aRule({ fingerprint: 'other', condition: [{ op: 'gte', value: 1 }] })],
        asEvent,
      );
      const old = [aHit(TEN)];
      const [mine, fresh] = [[aHit(TEN)], [aHit(TEN, { fingerprint: 'other' })]];
      const meanwhile = [mine, fresh].map((some) => state.record(some, state.admit(some) as Admission));
      expect(await recorded).toBe('recorded');
      await changed;
      expect(await Promise.all(meanwhile)).toEqual(['stale', 'recorded']);
      expect(await state.record(old, state.admit(old) as Admission)).toBe('stale');
      expect((await fired()).map(({ count }) => count)).toEqual([1500, 1]);
    });
  });

  describe(`${name}: what is counted`, () => {
    const two = [{ op: 'gte', value: 2 }] as const;
    const of = (input: string, at: number, more = {}) => aHit(TEN + at * MINUTE, { input, ...more });

    test('value_count counts distinct values, not hits, and its detection gives their number', async () => {
      const { give, fired } = await make([
        aRule({ kind: 'value_count', conditionFields: ['name'], condition: two }),
      ]);
      const named = (name: string) => aHit(TEN, { values: { name: [name] } });
      await give(named('a'), named('a'), named('a'));
      expect(await fired()).toEqual([]);
      await give(named('b'));
      expect(await fired()).toMatchObject([{ value: 2, exact: false, values: { name: ['a', 'b'] } }]);
    });

    test('temporal fires once all of its inputs were seen within a timespan, in any order', async () => {
      const { give, fired } = await make([aRule({ kind: 'temporal', inputs: ['a', 'b'], condition: [] })]);
      await give(of('b', 0), of('b', 1), of('a', 61));
      expect(await fired()).toEqual([]);
      await give(of('a', 30));
      expect(await fired()).toMatchObject([{ at: TEN + 30 * MINUTE, count: 3 }]);
    });

    test('temporal_ordered wants its inputs in their order, whatever the order of arrival', async () => {
      const { give, fired } = await make([
        aRule({ kind: 'temporal_ordered', inputs: ['a', 'b'], condition: [] }),
      ]);
      await give(of('b', 1), of('a', 2));
      expect(await fired()).toEqual([]);
      await give(of('a', 0));
      expect(await fired()).toMatchObject([{ at: TEN + 1 * MINUTE }]);
    });

    test('hits of one time count as in order: one event may match two inputs', async () => {
      const { give, fired } = await make([
        aRule({ kind: 'temporal_ordered', inputs: ['a', 'b'], condition: [] }),
      ]);
      await give(of('b', 0, { identity: 'same' }), of('a', 0, { identity: 'same' }));
      expect(await fired()).toMatchObject([{ count: 1 }]);
    });

    test('a condition that a late hit can revoke is judged once, at arrival plus lateness', async () => {
      const { state, give, fired } = await make([
        aRule({ condition: [{ op: 'lt', value: 3 }], timespan: minutes(5), emit: 'close' }),
      ]);
      await give(of('base', 0), of('base', 1));
      await state.close((TEN + 10 * MINUTE) as Micros);
      expect(await fired()).toEqual([]);
      // Late, but before the judgement of the second: then three are within its span.
      await give(of('base', -1, { arrived: (TEN + 10 * MINUTE) as Micros }));
      await state.close((TEN + 12 * MINUTE) as Micros);
      expect(await fired()).toMatchObject([{ at: TEN, count: 2, exact: true, cut: false }]);
      await state.close(end);
      expect(await fired()).toMatchObject([{ at: TEN - MINUTE, count: 1 }]);
    });

    stopTest('a stop judges what has not been judged, marked cut', async () => {
      const { state, give } = await make([aRule({ condition: [{ op: 'eq', value: 1 }], emit: 'close' })]);
      await give(aHit(TEN));
      const stopped = state.stop(new AbortController().signal);
      const [one] = await state.outbox.take('test', 10);
      expect(one?.event.detection).toMatchObject({ cut: true, count: 1 });
      await state.outbox.settle('test', [one!.seq], 'delivered');
      await stopped;
    });

    test('a tumbling window gives its average; a repeat and what is no number change nothing', async () => {
      const { state, give, fired, counters } = await make([
        aRule({
          kind: 'value_avg',
          conditionFields: ['size'],
          condition: [{ op: 'lt', value: 3 }],
          window: tumbling,
          emit: 'close',
        }),
      ]);
      const sized = (at: number, identity: string, ...size: string[]) =>
        aHit(TEN + at, { identity, values: { size } });
      await give(sized(0, 'x', '1'), sized(0, 'x', '1'), sized(5, 'x', '9'), sized(1, 'y', '4', 'big'));
      await state.close(end);
      expect(await fired()).toMatchObject([{ value: 2.5, count: 2, exact: true }]);
      expect(counters.of('values_not_numbers', 'rule')).toBe(1);
    });
  });

  describe(`${name}: rules that count detections`, () => {
    const two = [{ op: 'gte', value: 2 }] as const;
    const inner = aRule({
      id: 'inner',
      fingerprint: 'inner',
      groupBy: ['client', 'user'],
      condition: two,
      silent: true,
    });
    const outer = aRule({ inputs: ['inner'], groupBy: ['client'], condition: two });
    const by = (user: string, at = 0) =>
      aHit(TEN + at * MINUTE, { rule: 'inner', fingerprint: 'inner', group: ['c', user] });

    test('fire in the same step; a silent inner rule fires for them alone', async () => {
      const { give, fired } = await make([outer, inner]);
      await give(by('u'), by('u'), by('v'));
      expect(await fired()).toEqual([]);
      await give(by('v', 1));
      expect(await fired()).toMatchObject([{ rule: 'rule', count: 2, group: { client: 'c' } }]);
    });

    test('an inner rule that is not silent fires for itself too', async () => {
      const { give, fired } = await make([{ ...inner, silent: false }, outer]);
      await give(by('u'), by('u'), by('v'), by('v'));
      expect((await fired()).map(({ rule }) => rule)).toEqual(['inner', 'inner', 'rule']);
    });

    test('chains of chains fire in one step too', async () => {
      const top = aRule({ id: 'top', fingerprint: 'top', inputs: ['rule'], groupBy: [], condition: two });
      const { give, fired } = await make([top, { ...outer, silent: true }, inner]);
      const more = ['d', 'e'].flatMap((client) =>
        ['u', 'u', 'v', 'v'].map((user) =>
          aHit(TEN, { rule: 'inner', fingerprint: 'inner', group: [client, user] }),
        ),
      );
      await give(...more);
      expect(await fired()).toMatchObject([{ rule: 'top', count: 2, group: {} }]);
    });

    test('a summary is no detection to count', async () => {
      const { state, give, fired } = await make([
        { ...inner, emit: 'both' },
        { ...outer, dedupe: 'none', condition: [{ op: 'gt', value: 0 }], emit: 'close' },
      ]);
      await give(by('u'), by('u'));
      await state.close(end);
      expect(await fired()).toMatchObject([{ rule: 'rule', count: 1 }]);
    });

    test('what a result filter drops is not counted', async () => {
      const { state, give, fired } = await make([inner, outer]);
      await state.use([inner, outer], (detection) => (detection.rule === 'inner' ? [] : asEvent(detection)));
      await give(by('u'), by('u'), by('v'), by('v'));
      expect(await fired()).toEqual([]);
    });

    test('a match of a base rule that fires by itself is not counted twice', async () => {
      const base = aRule({ id: 'base', fingerprint: 'base', kind: 'match', inputs: ['base'], groupBy: [] });
      const { give, fired } = await make([base, aRule({ inputs: ['base'], condition: two })]);
      await give(aHit(TEN, { rule: 'base', fingerprint: 'base', group: [] }), aHit(TEN));
      expect(await fired()).toMatchObject([{ rule: 'base' }]);
    });

    test('a detection of a late close counts at the time at which its window was due', async () => {
      const { state, give, fired } = await make([
        {
          ...inner,
          window: { kind: 'tumbling', offset: 0 as Span, lateness: MINUTE, late: 'keep' },
          emit: 'close',
        },
        { ...outer, condition: [{ op: 'eq', value: 1 }], emit: 'close' },
      ]);
      await give(by('u'), by('u'));
      await give(by('v', 200), by('v', 200));
      await state.close(end);
      expect(await fired()).toMatchObject([
        { rule: 'rule', count: 1, at: TEN },
        { rule: 'rule', count: 1, at: TEN + 200 * MINUTE },
      ]);
    });

    stopTest('a stop closes inner rules first, so that nothing of a chain is lost', async () => {
      const { state, give } = await make([
        { ...outer, emit: 'close' },
        { ...inner, window: tumbling, emit: 'close' },
      ]);
      await give(by('u'), by('u'), by('v'), by('v'));
      const stopped = state.stop(new AbortController().signal);
      const taken = await state.outbox.take('test', 10);
      expect(taken.map(({ event }) => event.detection)).toMatchObject([{ rule: 'rule', count: 2 }]);
      await state.outbox.settle(
        'test',
        taken.map(({ seq }) => seq),
        'delivered',
      );
      await stopped;
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

    test('room that is held counts, and is given back once when released', async () => {
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

    test('room is kept for as many detections as a request can fire', async () => {
      const groups = aRule({ id: 'groups', fingerprint: 'groups', condition: [{ op: 'gte', value: 1 }] });
      const events = aRule({
        id: 'events',
        fingerprint: 'events',
        kind: 'match',
        groupBy: [],
        timespan: 0 as Span,
      });
      const of = ({ id }: Rule, group: string, at: number = TEN) =>
        aHit(at, { rule: id, fingerprint: id, group: [group] });
      const day = 24 * 60 * MINUTE;
      for (const [hits, room] of [
        [[of(groups, 'a'), of(groups, 'a'), of(groups, 'b')], 2],
        [[of(groups, 'a'), of(groups, 'a', TEN + day)], 2],
        [[of(events, ''), of(events, ''), of(events, '')], 3],
      ] as const) {
        const { state, give } = await make([groups, events, each], { outbox: room + 1 });
        await give(one(), one());
        expect(state.admit(hits)).toHaveProperty('why');
        const roomy = await make([groups, events, each], { outbox: room + 2 });
        await roomy.give(one(), one());
        expect(roomy.state.admit(hits)).toHaveProperty('release');
      }
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

    test('what is due closes before what is due later, and nothing is forgotten until all of it has closed', async () => {
      const once = [{ op: 'gte', value: 1 }] as const;
      const of = (id: string, timespan: number, more: Partial<Rule> = {}) =>
        aRule({
          id,
          fingerprint: id,
          condition: once,
          timespan: minutes(timespan),
          window: { kind: 'tumbling', offset: minutes(0), lateness: minutes(1), late: 'keep' },
          emit: 'close',
          ...more,
        });
      const sum = aRule({ inputs: ['soon', 'late'], condition: [{ op: 'gte', value: 2 }] });
      const rules = [
        of('late', 60, { silent: true }),
        of('between', 30),
        of('soon', 10, { silent: true }),
        sum,
      ];
      const { state, give, fired } = await make(rules, { outbox: 1 });
      await give(...['late', 'between', 'soon'].map((rule) => aHit(TEN, { rule, fingerprint: rule })));
      await state.close((TEN + 15 * MINUTE) as Micros);
      expect(await fired()).toEqual([]);
      // The outbox is full before the last detection that the outer rule waits for.
      expect(await state.close(end)).toBe(TEN + 61 * MINUTE);
      expect(await fired()).toMatchObject([{ rule: 'between' }]);
      await state.close(end);
      expect(await fired()).toMatchObject([{ rule: 'rule', count: 2 }]);
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
      expect([state.outbox.size, state.outbox.left('test')]).toEqual([2, 2]);
    });

    stopTest(
      'stop closes no more windows after its deadline, and counts the groups that are left',
      async () => {
        const { state, give, counters } = await make([hourly]);
        for (let i = 0; i < 20; i++) await give(aHit(TEN, { group: [`g${i}`], identity: null }));
        await state.stop(expired);
        expect(counters.of('groups_unclosed')).toBe(20);
      },
    );

    stopTest('stop closes what is held, marked cut, and waits until all is settled', async () => {
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
