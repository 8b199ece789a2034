import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { type Store, StoreError, type StoreFault } from '../../src/store/store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (of: Uint8Array): string => new TextDecoder().decode(of);

export const block = (number: number, content = `block ${number}`) => ({ number, bytes: bytes(content) });

export const event = (
  seq: number,
  more: { priority?: number; since?: number; to?: readonly string[] } = {},
) => ({
  seq,
  priority: 2,
  to: ['a'],
  bytes: bytes(`event ${seq}`),
  ...more,
  since: (more.since ?? seq * 10) as Micros,
});

export async function seqsOf(taken: ReturnType<Store['take']>): Promise<readonly number[]> {
  const events = await taken;
  if ('kind' in events) throw new StoreError(events);
  return events.map(({ seq }) => seq);
}

export async function blocksOf(store: Store): Promise<readonly (readonly [number, string])[]> {
  const found: [number, string][] = [];
  for await (const { number, bytes } of store.blocks()) found.push([number, text(bytes)]);
  return found;
}

export async function partsOf(store: Store): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const part of store.parts()) found.push(text(part));
  return found;
}

/** A store, or the fault as an error. */
export async function opened(open: Promise<Store | StoreFault>): Promise<Store> {
  const store = await open;
  if ('why' in store) throw new StoreError(store);
  return store;
}

/** What every Store promises. */
export function storeContract(name: string, open: (directory: string) => Promise<Store | StoreFault>): void {
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let store: Store;
  let directory = '';
  let made = 0;
  beforeEach(async () => {
    directory = join(folder, String(made++));
    store = await opened(open(directory));
  });
  afterEach(() => store.close());
  const again = async () => {
    await store.close();
    store = await opened(open(directory));
  };
  const commit = async (more: Partial<Parameters<Store['commit']>[0]>) => {
    expect(await store.commit({ events: [], settled: [], ...more })).toBeUndefined();
  };

  describe(`${name}: commits`, () => {
    test('an empty store has used no number', async () => {
      expect(store.last).toEqual({ block: 0, seq: 0 });
      expect(await blocksOf(store)).toEqual([]);
      expect(await partsOf(store)).toEqual([]);
      expect(await store.waiting()).toEqual(new Map());
      expect(await store.size()).toMatchObject({ journal: 0, snapshot: 0 });
    });

    test('blocks and events are there after the next opening, with the highest numbers', async () => {
      await commit({ block: block(3), events: [event(7), event(9)] });
      await commit({ block: block(5, '') });
      await again();
      expect(store.last).toEqual({ block: 5, seq: 9 });
      expect(await blocksOf(store)).toEqual([
        [3, 'block 3'],
        [5, ''],
      ]);
      expect(await store.take('a', 9, [])).toEqual([
        { seq: 7, since: 70, bytes: bytes('event 7') },
        { seq: 9, since: 90, bytes: bytes('event 9') },
      ]);
    });

    test('numbers are not used again after all is settled and cut', async () => {
      await commit({ block: block(1), events: [event(4)], settled: [{ to: 'a', seqs: [4] }] });
      expect(await store.finishSnapshot(1, 1)).toBeUndefined();
      await again();
      expect(store.last).toEqual({ block: 1, seq: 4 });
    });

    test('a commit that fails changes nothing', async () => {
      await commit({ block: block(1), events: [event(1)] });
      const twice = { block: block(1), events: [event(2)], settled: [{ to: 'a', seqs: [1] }] };
      expect(await store.commit(twice)).toMatchObject({ kind: 'other' });
      expect(await seqsOf(store.take('a', 9, []))).toEqual([1]);
      expect(await store.size()).toMatchObject({ journal: 'block 1'.length });
      await commit({ ...twice, block: block(2) });
      expect(await seqsOf(store.take('a', 9, []))).toEqual([2]);
    });

    test('the bytes of a commit stay with the caller', async () => {
      const shared = bytes('xx block yy');
      await commit({ block: { number: 1, bytes: shared.subarray(3, 8) } });
      expect(text(shared)).toBe('xx block yy');
      expect(await blocksOf(store)).toEqual([[1, 'block']]);
    });

    test('1,000 events and a block of 1 MB in one commit', async () => {
      const large = new Uint8Array(1_000_000).map((_, i) => i % 251);
      const events = Array.from({ length: 1000 }, (_, i) =>
        event(i + 1, { priority: i % 5, to: ['a', 'b'] }),
      );
      await commit({ block: { number: 1, bytes: large }, events });
      await commit({ block: { number: 2, bytes: large } });
      for await (const { bytes } of store.blocks()) expect(Buffer.compare(bytes, large)).toBe(0);
      expect((await seqsOf(store.take('b', 10_000, []))).length).toBe(1000);
      expect(await store.size()).toMatchObject({ journal: 2_000_000 });
    });
  });

  describe(`${name}: the outbox`, () => {
    test('gives the most severe first, then the oldest; the worst are the least severe, then the oldest', async () => {
      const priorities = [0, 4, 2, 4, 0, 2];
      await commit({ events: priorities.map((priority, i) => event(i + 1, { priority })) });
      expect(await seqsOf(store.take('a', 9, []))).toEqual([2, 4, 3, 6, 1, 5]);
      expect(await seqsOf(store.take('a', 3, []))).toEqual([2, 4, 3]);
      expect(await seqsOf(store.take('a', 9, [], 'worst'))).toEqual([1, 5, 3, 6, 2, 4]);
      expect(await seqsOf(store.take('a', 3, [], 'worst'))).toEqual([1, 5, 3]);
    });

    test('leaves out what is lent', async () => {
      await commit({ events: [1, 2, 3, 4].map((seq) => event(seq)) });
      expect(await seqsOf(store.take('a', 2, [1, 3, 99]))).toEqual([2, 4]);
      expect(await seqsOf(store.take('a', 2, [1], 'worst'))).toEqual([2, 3]);
      expect(await seqsOf(store.take('a', 2, [1, 2, 3, 4]))).toEqual([]);
      expect(await seqsOf(store.take('elsewhere', 2, []))).toEqual([]);
    });

    test('an event waits for each destination until that one has settled it', async () => {
      await commit({ events: [event(1, { to: ['a', 'b'] }), event(2, { to: ['b'] }), event(3, { to: [] })] });
      await commit({ settled: [{ to: 'a', seqs: [1, 2, 3, 50] }] });
      expect(await seqsOf(store.take('a', 9, []))).toEqual([]);
      expect(await seqsOf(store.take('b', 9, []))).toEqual([1, 2]);
      await commit({
        settled: [
          { to: 'b', seqs: [2] },
          { to: 'b', seqs: [2] },
          { to: 'c', seqs: [1] },
        ],
      });
      expect(await seqsOf(store.take('b', 9, []))).toEqual([1]);
    });

    test('says how many wait for each destination and since when the oldest', async () => {
      await commit({
        events: [
          event(1, { since: 500, to: ['b'] }),
          event(2, { since: 300, to: ['a', 'b'], priority: 0 }),
          event(3, { since: 400, to: ['b'], priority: 4 }),
        ],
      });
      await again();
      expect(await store.waiting()).toEqual(
        new Map([
          ['a', { left: 1, oldest: 300 }],
          ['b', { left: 3, oldest: 300 }],
        ]),
      );
      expect([await store.oldest('a'), await store.oldest('b')]).toEqual([300, 300]);
      await commit({ settled: [{ to: 'b', seqs: [2] }] });
      expect([await store.oldest('b'), await store.oldest('c')]).toEqual([400, undefined]);
    });

    test('forgets what waits for one destination', async () => {
      const events = Array.from({ length: 2500 }, (_, i) => event(i + 1, { to: ['a', 'gone'] }));
      await commit({ events });
      expect(await store.forget('gone')).toBe(2500);
      expect(await store.forget('gone')).toBe(0);
      expect(await store.waiting()).toEqual(new Map([['a', { left: 2500, oldest: 10 }]]));
    });
  });

  describe(`${name}: snapshots`, () => {
    const finished = async (snapshot: number, parts: readonly string[], upTo: number) => {
      for (const part of parts) expect(await store.snapshotPart(snapshot, bytes(part))).toBeUndefined();
      expect(await store.finishSnapshot(snapshot, upTo)).toBeUndefined();
    };

    test('a finished one replaces the former one and the blocks that it has taken in', async () => {
      for (const number of [1, 2, 3]) await commit({ block: block(number) });
      await finished(1, ['first', 'half'], 1);
      expect(await partsOf(store)).toEqual(['first', 'half']);
      expect((await blocksOf(store)).map(([number]) => number)).toEqual([2, 3]);
      await finished(2, ['second'], 2);
      await again();
      expect(await partsOf(store)).toEqual(['second']);
      expect((await blocksOf(store)).map(([number]) => number)).toEqual([3]);
      expect(store.last.block).toBe(3);
      expect(await store.size()).toMatchObject({ snapshot: 'second'.length, journal: 'block 3'.length });
    });

    test('one that is being written does not count, and commits go on meanwhile', async () => {
      await commit({ block: block(1) });
      await finished(1, ['first'], 1);
      await store.snapshotPart(2, bytes('second'));
      await commit({ block: block(2) });
      expect(await partsOf(store)).toEqual(['first']);
      await finished(2, [', the rest'], 1);
      expect(await partsOf(store)).toEqual(['second', ', the rest']);
      expect((await blocksOf(store)).map(([number]) => number)).toEqual([2]);
    });

    test('one that was not finished is removed at the next opening, and its number may be used again', async () => {
      await commit({ block: block(1) });
      await finished(1, ['first'], 0);
      await store.snapshotPart(2, bytes('lost'));
      await again();
      expect(await partsOf(store)).toEqual(['first']);
      await finished(1, ['second'], 1);
      expect(await partsOf(store)).toEqual(['second']);
    });

    test('a dropped one leaves nothing', async () => {
      await finished(1, ['first'], 0);
      await store.snapshotPart(2, bytes('dropped'));
      await store.dropSnapshot(2);
      await store.dropSnapshot(3);
      await finished(2, ['second'], 0);
      expect(await partsOf(store)).toEqual(['second']);
    });

    test('an empty one is one', async () => {
      await commit({ block: block(1) });
      await finished(1, ['first'], 1);
      await finished(2, [], 1);
      expect(await partsOf(store)).toEqual([]);
      expect(await blocksOf(store)).toEqual([]);
    });
  });

  describe(`${name}: the end`, () => {
    test('closing twice is fine, and a closed store answers with a fault', async () => {
      await store.close();
      await store.close();
      expect(await store.commit({ events: [], settled: [] })).toMatchObject({ kind: 'other' });
      expect(await store.take('a', 1, [])).toMatchObject({ kind: 'other' });
      await expect(store.waiting()).rejects.toBeInstanceOf(StoreError);
      await expect(partsOf(store)).rejects.toBeInstanceOf(StoreError);
      await store.dropSnapshot(1);
    });

    test('what was asked for before closing is done', async () => {
      const asked = [1, 2, 3].map((number) =>
        store.commit({ block: block(number), events: [], settled: [] }),
      );
      await store.close();
      expect(await Promise.all(asked)).toEqual([undefined, undefined, undefined]);
      store = await opened(open(directory));
      expect(store.last.block).toBe(3);
    });
  });
}
