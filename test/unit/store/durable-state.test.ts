import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { NO_EFFECTS } from '../../../src/correlate/journal.ts';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Hit } from '../../../src/model/hit.ts';
import type { Render } from '../../../src/model/risk.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { steadyClock } from '../../../src/ops/clock.ts';
import { DurableState } from '../../../src/store/durable-state.ts';
import { JournalWriter } from '../../../src/store/journal-writer.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { stateContract } from '../../contract/state.ts';
import { TestCounters } from '../../support/counters.ts';
import { aHit, aRule, asEvent, type Bench, fired, give, TEN, tumbling } from '../../support/hits.ts';
import { type Disk, emptyDisk, MemoryStore } from '../../support/memory-store.ts';

const MINUTE = 60_000_000;
const folders: string[] = [];
const states: DurableState[] = [];

afterEach(async () => {
  for (const state of states.splice(0)) await state.closeStore(AbortSignal.abort());
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

interface Bounds {
  readonly groups?: number;
  readonly bytes?: number;
  readonly values?: number;
  readonly outbox?: number;
  readonly snapshotAfter?: number;
}

interface Opened {
  readonly state: DurableState;
  readonly counters: TestCounters;
  /** What the hooks were called with. */
  readonly said: string[];
}

async function open(store: Store, limits: Bounds = {}, render: Render = asEvent): Promise<Opened> {
  const said: string[] = [];
  const counters = new TestCounters();
  const state = await openedOn(store, counters, said, limits, render);
  if ('kind' in state) throw new Error(state.why);
  states.push(state);
  return { state, counters, said };
}

function openedOn(
  store: Store,
  counters = new TestCounters(),
  said: string[] = [],
  limits: Bounds = {},
  render: Render = asEvent,
): ReturnType<typeof DurableState.open> {
  return DurableState.open(store, {
    limits: {
      groups: limits.groups ?? 10_000,
      bytes: limits.bytes ?? 128 * 2 ** 20,
      values: limits.values ?? 1000,
    },
    counters,
    destinations: ['test'],
    snapshotAfter: limits.snapshotAfter,
    queues: new Map([['test', { size: limits.outbox ?? 10_000, onFull: 'block' }]]),
    // As the real one does, it throws for a rule that it was not given.
    rendererOf: (rules) => (detection) => {
      if (!rules.some(({ id }) => id === detection.rule)) throw new Error(`no rule ${detection.rule}`);
      return render(detection);
    },
    clock: steadyClock,
    hooks: {
      attempted() {},
      failed: (why) => said.push(why),
      recovered: () => said.push('recovered'),
      unsaved: (why) => said.push(`unsaved: ${why}`),
      unread: (to, why) => said.push(`${to}: ${why}`),
      lost: ({ id }, groups) => said.push(`lost ${groups} of ${id}`),
    },
    wait: () => new Promise((resolve) => setImmediate(resolve)),
  });
}

async function onDisk(rules: readonly Rule[], limits?: Bounds): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'durable-'));
  folders.push(folder);
  const store = await openStore(folder);
  if ('kind' in store) throw new Error(store.why);
  const { state, counters } = await open(store, limits);
  await state.use(rules, asEvent);
  return { state, counters, give: (...hits) => give(state, hits), fired: () => fired(state) };
}

stateContract('on disk', onDisk, 'keeps what is open');

const hits = (n: number, more: Partial<Hit> = {}) =>
  Array.from({ length: n }, (_, i) => aHit(TEN + i * MINUTE, more));
const hourly = aRule({ window: tumbling, emit: 'close', dedupe: 'none' });

/** A service that ends without a stop, and begins again on the same disk. */
function lives() {
  const disk = emptyDisk();
  let store: MemoryStore | undefined;
  return async (rules: readonly Rule[] | undefined, limits?: Bounds, render: Render = asEvent) => {
    if (store) store.dead = true;
    store = new MemoryStore(disk);
    const opened = await open(store, limits, render);
    if (rules) await opened.state.use(rules, render);
    return { ...opened, store };
  };
}

/** A life that begins at a time, and of which nothing else is known. */
async function resumed(life: Promise<Opened>, now: number): Promise<void> {
  const { state } = await life;
  state.resume(now as Micros);
  await give(state, []);
}

describe('a restart', () => {
  test('five hits before it and one after it fire', async () => {
    const life = lives();
    const six = hits(6);
    await give((await life([aRule()])).state, six.slice(0, 5));
    const { state } = await life([aRule()]);
    expect(await fired(state)).toEqual([]);
    await give(state, six.slice(5));
    expect(await fired(state)).toMatchObject([{ count: 6 }]);
  });

  test('what was not delivered before it waits still, and is not made again', async () => {
    const life = lives();
    const six = hits(6);
    await give((await life([aRule()])).state, six);
    const { state } = await life([aRule()]);
    await give(state, six);
    expect(await fired(state)).toMatchObject([{ count: 6 }]);
  });

  test('a stop keeps windows open and sends nothing early', async () => {
    const life = lives();
    const { state: before } = await life([aRule({ emit: 'both' })]);
    const six = hits(6);
    await give(before, six.slice(0, 5));
    await before.stop(new AbortController().signal);
    expect(await before.outbox.take('test', 10)).toEqual([]);
    await before.closeStore(new AbortController().signal);
    const { state } = await life([aRule({ emit: 'both' })]);
    await give(state, six.slice(5));
    expect(await fired(state)).toMatchObject([{ kind: 'risk', count: 6, cut: false }]);
  });

  test('it counts nothing a second time', async () => {
    const life = lives();
    await give((await life([aRule()])).state, hits(6));
    const { counters } = await life([aRule()]);
    expect(counters.counted).toEqual({});
  });

  test('a window that was due meanwhile closes one lateness after it, with what arrived until then', async () => {
    const life = lives();
    const start = TEN - 10 * MINUTE;
    const at = (minute: number, arrived = minute) =>
      aHit(start + minute * MINUTE, { identity: null, arrived: (start + arrived * MINUTE) as Micros });
    await give((await life([hourly])).state, [at(10), at(11), at(12), at(13), at(14)]);
    const { state } = await life([hourly]);
    // It was away from 14 to 300; the window was due at 70.
    state.resume((start + 300 * MINUTE) as Micros);
    await state.close((start + 309 * MINUTE) as Micros);
    expect(await fired(state)).toEqual([]);
    await give(state, [at(20, 305)]);
    await state.close((start + 310 * MINUTE) as Micros);
    expect(await fired(state)).toMatchObject([{ count: 6 }]);
  });

  test('the same after a second restart before that', async () => {
    const start = TEN - 10 * MINUTE;
    const at = (minute: number, arrived = minute) =>
      aHit(start + minute * MINUTE, { identity: null, arrived: (start + arrived * MINUTE) as Micros });
    const life = lives();
    await give((await life([hourly])).state, [at(10), at(11), at(12), at(13), at(14)]);
    await resumed(life([hourly]), start + 300 * MINUTE);
    const { state } = await life([hourly]);
    state.resume((start + 303 * MINUTE) as Micros);
    await give(state, [at(20, 305)]);
    await state.close((start + 313 * MINUTE) as Micros);
    expect(await fired(state)).toMatchObject([{ count: 6 }]);
  });

  test('a late hit after a long one joins its bucket, which has fired, and does not fire it again', async () => {
    const rule = aRule({ emit: 'both' });
    const life = lives();
    const { state: before } = await life([rule]);
    await give(before, hits(6));
    expect(await fired(before)).toMatchObject([{ kind: 'risk', count: 6 }]);
    await give(before, []);
    const { state } = await life([rule]);
    const away = 3 * 24 * 60 * MINUTE;
    state.resume((TEN + away) as Micros);
    await state.close((TEN + away + MINUTE) as Micros);
    await give(state, [aHit(TEN + 7 * MINUTE, { arrived: (TEN + away + 2 * MINUTE) as Micros })]);
    await state.close((TEN + away + 11 * MINUTE) as Micros);
    expect(await fired(state)).toMatchObject([{ kind: 'summary', count: 7 }]);
  });

  test('after a long one, what a sender had in its queue is counted with what came before it', async () => {
    const life = lives();
    const match = aRule({ id: 'match', fingerprint: 'match', kind: 'match', groupBy: [], condition: [] });
    const rules = [aRule(), match];
    const { state: before } = await life(rules);
    const last = aHit(TEN + 4 * MINUTE);
    const matched = aHit(TEN, { rule: 'match', fingerprint: 'match', group: [], identity: 'once' });
    await give(before, [...hits(4), last, matched]);
    expect(await fired(before)).toMatchObject([{ rule: 'match' }]);
    await give(before, []);
    const { state } = await life(rules);
    const away = 3 * 24 * 60 * MINUTE;
    const late = { arrived: (TEN + away + 2 * MINUTE) as Micros };
    state.resume((TEN + away) as Micros);
    await state.close((TEN + away + MINUTE) as Micros);
    // A request that was recorded, and whose answer was lost, comes again.
    await give(state, [
      { ...last, ...late },
      { ...matched, ...late },
    ]);
    expect(await fired(state)).toEqual([]);
    await give(state, [aHit(TEN + 5 * MINUTE, late)]);
    expect(await fired(state)).toMatchObject([{ rule: 'rule', count: 6 }]);
  });

  test('the same for a rule that judges late', async () => {
    const six = aRule({ condition: [{ op: 'eq', value: 6 }], emit: 'close' });
    const life = lives();
    const { state: before } = await life([six]);
    await give(before, hits(5));
    await before.close((TEN + 16 * MINUTE) as Micros);
    await give(before, []);
    const { state } = await life([six]);
    const away = 3 * 24 * 60 * MINUTE;
    state.resume((TEN + away) as Micros);
    await give(state, [aHit(TEN + 5 * MINUTE, { arrived: (TEN + away + MINUTE) as Micros })]);
    await state.close((TEN + away + 12 * MINUTE) as Micros);
    expect(await fired(state)).toMatchObject([{ count: 6 }]);
  });

  describe('with a condition that a late hit can revoke', () => {
    const few = aRule({
      condition: [{ op: 'eq', value: 3 }],
      emit: 'close',
      timespan: minutes(10),
      window: { kind: 'sliding', quiet: minutes(60), lateness: minutes(10) },
    });
    const judged = (minute: number) => aHit(TEN + minute * MINUTE);

    test('what was counted together before several restarts still is', async () => {
      const life = lives();
      const { state: before } = await life([few]);
      // The first two are judged before the restarts, and do not fire by themselves.
      await give(before, [judged(0), judged(1)]);
      await before.close((TEN + 9 * MINUTE) as Micros);
      await give(before, [judged(9)]);
      await before.close((TEN + 12 * MINUTE) as Micros);
      await give(before, []);
      for (const minute of [18, 26, 34, 42]) await resumed(life([few]), TEN + minute * MINUTE);
      const { state } = await life([few]);
      await state.close((TEN + 60 * MINUTE) as Micros);
      expect(await fired(state)).toMatchObject([{ count: 3 }]);
    });

    test('a bucket that fired before it does not fire again', async () => {
      const rule = { ...few, condition: [{ op: 'lt', value: 9 }] as const };
      const life = lives();
      const { state: before } = await life([rule]);
      await give(before, [judged(0)]);
      await before.close((TEN + 11 * MINUTE) as Micros);
      expect(await fired(before)).toHaveLength(1);
      await give(before, [judged(55)]);
      const { state } = await life([rule]);
      state.resume((TEN + 600 * MINUTE) as Micros);
      await give(state, [judged(601)]);
      await state.close((TEN + 612 * MINUTE) as Micros);
      const ids = new Set((await fired(state)).map(({ at }) => at));
      expect(ids).toEqual(new Set([TEN + 601 * MINUTE]));
    });
  });

  test('in the midst of closing windows that are due at one time, the rest closes', async () => {
    const rule = aRule({ ...hourly, condition: [{ op: 'gte', value: 1 }] });
    const life = lives();
    const { state: before, store } = await life([rule]);
    const group = (client: number) => aHit(TEN, { identity: null, group: [String(client)] });
    for (let client = 0; client < 60; client++) await give(before, [group(client)]);
    // The order of their last hits is another one than that in which their windows were opened.
    for (let client = 59; client >= 0; client--) await give(before, [group(client)]);
    await before.saveNow();
    const closing = before.close((TEN + 600 * MINUTE) as Micros);
    await until(() => store.disk.events.size > 0);
    store.dead = true;
    await closing;
    const known = store.disk.events.size;
    expect(known).toBeLessThan(60);
    const { state } = await life([rule]);
    await state.close((TEN + 600 * MINUTE) as Micros);
    const all = await fired(state);
    expect(new Set(all.map(({ id }) => id)).size).toBe(60);
    expect(all).toHaveLength(60);
  });

  test('a silence begins anew', async () => {
    const silence = aRule({ condition: [{ op: 'lt', value: 1 }] });
    const life = lives();
    await give((await life([silence])).state, [aHit(TEN)]);
    const { state } = await life([silence]);
    state.resume((TEN + 600 * MINUTE) as Micros);
    await state.close((TEN + 659 * MINUTE) as Micros);
    expect(await fired(state)).toEqual([]);
    await state.close((TEN + 665 * MINUTE) as Micros);
    expect(await fired(state)).toMatchObject([{ count: 0 }]);
  });

  test('a rule that changed meanwhile sends what is due under the version that counted it', async () => {
    const life = lives();
    const both = aRule({ emit: 'both', fingerprint: 'old' });
    const one = await life([both]);
    await give(one.state, hits(6, { fingerprint: 'old' }));
    expect(await fired(one.state)).toHaveLength(1);
    await one.state.record([], { release() {} });
    const { state } = await life([aRule({ fingerprint: 'new' })]);
    expect(await fired(state)).toMatchObject([{ kind: 'summary', count: 6, cut: true }]);
    expect(state.held.groups).toBe(0);
  });

  test('the same after a second restart in the middle of it', async () => {
    const life = lives();
    const both = aRule({ emit: 'both', fingerprint: 'old' });
    await give((await life([both])).state, hits(6, { fingerprint: 'old' }));
    const interrupted = await life(undefined);
    void interrupted.state.use([aRule({ fingerprint: 'new' })], asEvent);
    const { state } = await life([aRule({ fingerprint: 'new' })]);
    const kinds = (await fired(state)).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['risk', 'summary']);
  });

  test('the same where the rule is gone', async () => {
    const life = lives();
    const gone = { id: 'gone', fingerprint: 'old' } as const;
    const { state: before } = await life([aRule({ ...gone, emit: 'both' })]);
    for (const client of ['a', 'b', 'c'])
      await give(before, hits(6, { rule: 'gone', fingerprint: 'old', group: [client] }));
    const { state: interrupted, store } = await life(undefined);
    const blocks = store.disk.block;
    void interrupted.use([aRule()], asEvent);
    await until(() => store.disk.block > blocks);
    const { state } = await life([aRule()]);
    const kinds = (await fired(state)).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['risk', 'risk', 'risk', 'summary', 'summary', 'summary']);
  });

  test('windows whose result filter is gone are dropped, counted and reported', async () => {
    const life = lives();
    const filtered = aRule({ emit: 'both', fingerprint: 'old', keep: () => true });
    await give((await life([filtered])).state, hits(3, { fingerprint: 'old' }));
    const { state, counters, said } = await life([aRule({ id: 'other', fingerprint: 'other' })]);
    expect([said, counters.counted]).toEqual([['lost 1 of rule'], { 'groups_dropped rule': 1 }]);
    expect(await fired(state)).toEqual([]);
  });

  test('a filter that was taken off before that is not missed', async () => {
    const life = lives();
    const rule = aRule({ emit: 'both', fingerprint: 'old' });
    await give((await life([{ ...rule, keep: () => true }])).state, hits(6, { fingerprint: 'old' }));
    await give((await life([rule])).state, []);
    const { state, said } = await life([aRule({ id: 'other', fingerprint: 'other' })]);
    expect(said).toEqual([]);
    const kinds = (await fired(state)).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['risk', 'summary']);
  });

  test('a smaller limit of groups applies from the first hit on, and what gives way is sent', async () => {
    const life = lives();
    const rule = aRule({ emit: 'close' });
    const { state: before } = await life([rule]);
    for (const client of ['a', 'b', 'c']) await give(before, hits(6, { group: [client] }));
    const { state } = await life([rule], { groups: 2 });
    expect(state.held.groups).toBe(3);
    await give(state, [aHit(TEN, { group: ['c'] })]);
    // Two make room for the group that stands for them.
    expect(await fired(state)).toMatchObject([
      { group: { 'client.address': 'a' }, cut: true },
      { group: { 'client.address': 'b' }, cut: true },
    ]);
  });
});

describe('a store of which this version understands nothing', () => {
  const why = async (disk: Disk) => {
    const state = await openedOn(new MemoryStore(disk));
    return 'kind' in state ? [state.kind, state.why] : 'open';
  };

  test('a rule of a kind that a later version may have', async () => {
    const disk = emptyDisk();
    const hooks = { attempted() {}, committed() {}, failed() {}, recovered() {} };
    const journal = new JournalWriter(new MemoryStore(disk), hooks, steadyClock);
    const rules = [aRule({ kind: 'value_mode' as 'match' })];
    journal.note({ kind: 'use', rules, limits: { groups: 1, bytes: 1, values: 1 } }, NO_EFFECTS);
    await journal.durable();
    expect(await why(disk)).toMatchObject(['unreadable', expect.stringContaining('cannot be read')]);
  });

  test('a step of no known kind, and a block that is none', async () => {
    for (const bytes of [Buffer.from([0x0a, 2, 0x7a, 0]), Buffer.from('nothing of ours')]) {
      const disk = emptyDisk();
      disk.blocks.push({ number: 1, bytes });
      expect(await why(disk)).toMatchObject(['unreadable', expect.stringContaining('cannot be read')]);
    }
  });
});

describe('a store that takes nothing', () => {
  const fault = { kind: 'full', why: 'the disk is full' } as const;

  test('a request is not answered OK, further ones are refused, and windows do not close', async () => {
    const { state, store, said } = await lives()([hourly]);
    store.fault = fault;
    const held = state.admit(hits(1));
    if (!('release' in held)) throw new Error(held.why);
    expect(await state.record(hits(1), held)).toMatchObject({ why: expect.stringContaining('disk is full') });
    expect(state.admit(hits(1))).toMatchObject({ why: expect.stringContaining('disk is full') });
    expect(state.fault).toContain('disk is full');
    await state.close((TEN + 600 * MINUTE) as Micros);
    expect(state.held.groups).toBe(1);
    store.fault = undefined;
    await until(() => said.includes('recovered'));
    expect(state.fault).toBeUndefined();
    await give(state, hits(1));
  });

  test('what could not be stored is stored when it can, once', async () => {
    const life = lives();
    const { state, store, said } = await life([aRule()]);
    const six = hits(6);
    store.fault = fault;
    const held = state.admit(six);
    if (!('release' in held)) throw new Error(held.why);
    await state.record(six, held);
    expect(state.outbox.left('test')).toBe(1);
    store.fault = undefined;
    await until(() => said.includes('recovered'));
    await give(state, six);
    const next = await life([aRule()]);
    expect(await fired(next.state)).toHaveLength(1);
  });

  test('a snapshot that fails leaves the former state as it is', async () => {
    const life = lives();
    const { state, store } = await life([aRule()]);
    await give(state, hits(5));
    const saving = state.saveNow();
    store.fault = fault;
    await saving;
    store.fault = undefined;
    await give(state, []);
    const next = await life([aRule()]);
    await give(next.state, [aHit(TEN + 5 * MINUTE)]);
    expect(await fired(next.state)).toHaveLength(1);
  });

  test('a snapshot that fails is reported, and not tried again at each commit', async () => {
    const { state, store, said, counters } = await lives()([aRule()], { snapshotAfter: 10_000 });
    // Each with a text of its own: a text is stored once in a block.
    const more = (n: number) =>
      give(
        state,
        hits(n).map((hit) => ({ ...hit, values: { verb: [`${hit.identity} `.padEnd(1000)] } })),
      );
    store.broken = { kind: 'full', why: 'no room for a snapshot' };
    await more(11);
    await until(() => said.length > 0);
    await more(1);
    await more(1);
    await state.saveNow();
    expect(said).toEqual(['unsaved: no room for a snapshot', 'unsaved: no room for a snapshot']);
    store.broken = undefined;
    await more(3);
    await until(() => store.disk.snapshot !== undefined);
    await give(state, []);
    expect(counters.counted).toMatchObject({
      'store_snapshots failed': 2,
      'store_snapshots made': 1,
      'store_commits done': expect.any(Number),
    });
    expect(store.disk.blocks.length).toBeLessThan(3);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
