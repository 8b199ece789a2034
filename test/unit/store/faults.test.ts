import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { databaseFile } from '../../../src/store/sqlite/database-file.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { blocksOf, event, opened, seqsOf } from '../../contract/store.ts';
import { child, directories } from './stored.ts';
import { MAY_MOUNT, smallVolume } from './volume.ts';

const fresh = directories();

/** What this process has open in a directory, where the system says it. */
const openIn = (directory: string): readonly string[] =>
  (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory) ? [fd] : [];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });

/** A closed store, whose file another program then changes. */
async function changed(sql: string): Promise<string> {
  const directory = fresh();
  await (await opened(openStore(directory))).close();
  const db = new DatabaseSync(databaseFile(directory));
  db.exec(sql);
  db.close();
  return directory;
}

describe('opening', () => {
  test('makes the directory and the file for this user alone', async () => {
    const directory = join(fresh(), 'in', 'it');
    const store = await opened(openStore(directory));
    const modes = [directory, databaseFile(directory), `${databaseFile(directory)}-wal`].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
    await store.close();
  });

  test('a store that this process or another has open is locked, and goes on', async () => {
    const directory = fresh();
    const locked = {
      kind: 'locked',
      why: `${databaseFile(directory)} is in use, and only one process may have it open: stop the other one, or use another directory`,
    };
    const store = await opened(openStore(directory));
    expect(await openStore(directory)).toEqual(locked);
    const second = child('holding', directory);
    expect(await second.line()).toBe(locked.why);
    second.process.stdin!.end();
    await second.ended;
    expect(await store.commit({ events: [event(1)], settled: [] })).toBeUndefined();
    await store.close();
  });

  test('a process that ends without closing leaves a store that can be opened', async () => {
    const directory = fresh();
    const holding = child('holding', directory);
    expect(await holding.line()).toBe('open');
    expect(await openStore(directory)).toMatchObject({ kind: 'locked' });
    // An open store alone does not keep its process alive.
    holding.process.stdin!.end();
    expect(await holding.ended).toBe(0);
    await (await opened(openStore(directory))).close();
  });

  test('a newer format is refused, and the file is left as it is', async () => {
    const directory = await changed('PRAGMA user_version = 99');
    const before = statSync(databaseFile(directory)).mtimeMs;
    expect(await openStore(directory)).toEqual({
      kind: 'newer',
      why: `${databaseFile(directory)} was written by a newer Sidewatch (its format is 99, this version knows formats up to 1): run that version, or move the data aside with \`sidewatch storage reset ${directory}\``,
    });
    expect(statSync(databaseFile(directory)).mtimeMs).toBe(before);
    expect(openIn(directory)).toEqual([]);
  });

  test('a database of another program is refused', async () => {
    const directory = fresh();
    mkdirSync(directory);
    const db = new DatabaseSync(databaseFile(directory));
    db.exec('CREATE TABLE songs (title)');
    db.close();
    expect(await openStore(directory)).toMatchObject({
      kind: 'damaged',
      why: expect.stringContaining('it is a SQLite file that Sidewatch did not write'),
    });
    expect(openIn(directory)).toEqual([]);
  });

  test('an empty file, and one of a start that was killed, become a store', async () => {
    const directory = fresh();
    mkdirSync(directory);
    writeFileSync(databaseFile(directory), '');
    await (await opened(openStore(directory))).close();
    const killed = fresh();
    mkdirSync(killed);
    const db = new DatabaseSync(databaseFile(killed));
    db.exec('PRAGMA journal_mode = WAL');
    db.close();
    await (await opened(openStore(killed))).close();
  });

  test('a file that lacks what every store has is damaged', async () => {
    const directory = await changed('DELETE FROM state');
    expect(await openStore(directory)).toMatchObject({
      kind: 'damaged',
      why: expect.stringContaining('table state, row 1: it is missing'),
    });
    expect(openIn(directory)).toEqual([]);
  });

  test('a file in place of the directory, on the way to it, or a directory in place of the file', async () => {
    const path = fresh();
    writeFileSync(path, '');
    expect(await openStore(path)).toMatchObject({
      kind: 'other',
      why: expect.stringContaining(`${path} failed (it is a file and no directory)`),
    });
    expect(await openStore(join(path, 'x'))).toMatchObject({
      kind: 'other',
      why: expect.stringContaining('(a part of its path is a file and no directory)'),
    });
    const directory = fresh();
    mkdirSync(databaseFile(directory), { recursive: true });
    expect(await openStore(directory)).toMatchObject({ kind: 'other' });
    expect(openIn(directory)).toEqual([]);
  });

  // Root may write where its mode forbids it.
  test.skipIf(process.getuid?.() === 0)('a directory that may not be written', async () => {
    const directory = fresh();
    mkdirSync(directory, { mode: 0o500 });
    expect(await openStore(directory)).toMatchObject({ kind: 'read-only' });
    chmodSync(directory, 0o700);
  });

  test.skipIf(!MAY_MOUNT)('a volume that is read-only, empty or with a store', async () => {
    using empty = smallVolume(1);
    empty.readOnly();
    expect(await openStore(empty.path)).toMatchObject({
      kind: 'read-only',
      why: expect.stringMatching(/^\S+ cannot be written \(EROFS: /),
    });
    using full = smallVolume(4);
    await (await opened(openStore(full.path))).close();
    full.readOnly();
    expect(await openStore(full.path)).toMatchObject({ kind: 'read-only' });
    expect(openIn(full.path)).toEqual([]);
  });
});

const LARGE = 200_000;

/** Commits blocks of LARGE bytes until one does not fit; gives the number of that one. */
async function filled(store: Store, first = 1): Promise<number> {
  for (let number = first; ; number++) {
    const fault = await store.commit(large(number));
    if (fault?.kind === 'full') return number;
    expect(fault).toBeUndefined();
  }
}

const large = (number: number) => ({
  block: { number, bytes: Buffer.alloc(LARGE, `${number},`) },
  events: [event(number)],
  settled: [],
});

/** That a store holds these commits of `large`, all whole. */
async function holds(store: Store, upTo: number): Promise<void> {
  const numbers = Array.from({ length: upTo }, (_, i) => i + 1);
  expect(await seqsOf(store.take('a', 1000, []))).toEqual(numbers);
  const blocks = await blocksOf(store);
  expect(blocks.map(([number]) => number)).toEqual(numbers);
  for (const [number, bytes] of blocks) expect(bytes).toBe(large(number).block.bytes.toString());
}

describe('a file that may not grow further', () => {
  test('refuses a commit whole, still answers, and goes on once there is room', async () => {
    const directory = fresh();
    const store = await opened(openStore(directory, { pages: 200 }));
    const refused = await filled(store);
    expect(await store.commit(large(refused))).toMatchObject({
      kind: 'full',
      why: expect.stringMatching(/^the volume of \S+ is full \(.*\): make room on it; /),
    });
    await holds(store, refused - 1);
    expect(await store.snapshotPart(1, Buffer.alloc(LARGE))).toMatchObject({ kind: 'full' });
    expect(await store.finishSnapshot(2, 1)).toBeUndefined();
    expect(await store.commit(large(refused))).toBeUndefined();
    await store.close();
    const again = await opened(openStore(directory));
    expect((await blocksOf(again)).map(([number]) => number).at(-1)).toBe(refused);
    await again.close();
  });
});

describe.skipIf(!MAY_MOUNT)('a full disk', () => {
  test('refuses commits until there is room, and then takes the same one, without a restart', async () => {
    using volume = smallVolume(16);
    volume.fill(3_000_000);
    const store = await opened(openStore(volume.path));
    const refused = await filled(store);
    // All that was committed is in the WAL, which takes the room that copying it into the file would need.
    expect(statSync(databaseFile(volume.path)).size).toBeLessThan(LARGE);
    expect(await store.commit(large(refused))).toMatchObject({ kind: 'full' });
    expect(await store.snapshotPart(1, Buffer.alloc(LARGE))).toMatchObject({ kind: 'full' });
    await store.dropSnapshot(1);
    await holds(store, refused - 1);
    volume.free();
    expect(await store.commit(large(refused))).toBeUndefined();
    expect(await filled(store, refused + 1)).toBeGreaterThan(refused + 5);
    await store.close();
    const again = await opened(openStore(volume.path));
    await holds(again, again.last.block);
    await again.close();
  });

  test('what is durable outlives a crash of the process that came upon it', async () => {
    using volume = smallVolume(16);
    volume.fill(3_000_000);
    const writing = child('writing', volume.path);
    const said = (await writing.rest()).map(Number);
    expect(await writing.ended).toBe(1);
    volume.free();
    const store = await opened(openStore(volume.path));
    expect(store.last).toEqual({ block: said.at(-1), seq: said.at(-1) });
    expect((await blocksOf(store)).length).toBe(said.length);
    await store.close();
  });

  test('does not stop what fits into the file, whose WAL is emptied for it', async () => {
    using volume = smallVolume(16);
    const bytes = Buffer.alloc(LARGE);
    const replaced = async (store: Store, seqs: readonly number[]) => {
      for (const seq of seqs) {
        const settled = [{ to: 'a', seqs: [seq - 1] }];
        expect(await store.commit({ events: [{ ...event(seq), bytes }], settled })).toBeUndefined();
      }
    };
    const store = await opened(openStore(volume.path));
    await replaced(store, [1, 2, 3]);
    await store.close();
    volume.fill(2_000_000);
    const again = await opened(openStore(volume.path));
    await replaced(
      again,
      Array.from({ length: 50 }, (_, i) => 4 + i),
    );
    expect(await seqsOf(again.take('a', 9, []))).toEqual([53]);
    await again.close();
  });

  test('at a start is a fault, and a start with room works', async () => {
    using volume = smallVolume(1);
    volume.fill(0);
    expect(await openStore(volume.path)).toMatchObject({ kind: 'full' });
    expect(openIn(volume.path)).toEqual([]);
    volume.free();
    await (await opened(openStore(volume.path))).close();
  });
});

describe('the thread of the file', () => {
  const watched = async (): Promise<{ readonly worker: Worker; readonly store: Store }> => {
    const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
    const store = await opened(openStore(fresh()));
    return { worker: await started, store };
  };

  test('that has ended answers each call with a fault', async () => {
    const { worker, store } = await watched();
    const asked = [store.commit({ events: [event(1)], settled: [] }), store.take('a', 1, [])];
    const rejected = store.size();
    await Promise.all([worker.terminate(), expect(rejected).rejects.toThrow('has ended')]);
    for (const answer of [...asked, store.commit({ events: [], settled: [] })])
      expect(await answer).toMatchObject({
        kind: 'other',
        why: expect.stringMatching(
          /^the thread that writes the store in \S+ has ended \(.+\): start Sidewatch again$/,
        ),
      });
    expect(await store.ended).toMatchObject({ why: expect.stringContaining('has ended') });
    await store.close();
  });

  test('that was closed has not ended by itself', async () => {
    const { worker, store } = await watched();
    const exited = once(worker, 'exit');
    await store.close();
    await exited;
    expect(await Promise.race([store.ended, Promise.resolve('closed')])).toBe('closed');
  });

  test('that fails is no unhandled error', async () => {
    const { worker, store } = await watched();
    worker.emit('error', new Error('out of memory'));
    expect(await store.commit({ events: [], settled: [] })).toMatchObject({
      why: expect.stringContaining('(Error: out of memory)'),
    });
    await store.close();
  });
});

test('200 MB through a store leave a small file, and memory as it was', async () => {
  const filling = child('filling', fresh(), '200');
  const { file, half, end, left } = JSON.parse((await filling.line())!);
  expect(left).toBe(20);
  // Forty rows of 100 kB and two snapshots of one, and a WAL of 16 MiB.
  expect(file).toBeLessThan(30e6);
  expect(end - half).toBeLessThan(40e6);
});
