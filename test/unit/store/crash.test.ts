import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { databaseFile } from '../../../src/store/sqlite/database-file.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { StoreError } from '../../../src/store/store.ts';
import { block, blocksOf, event, opened, partsOf } from '../../contract/store.ts';
import { child, directories } from './stored.ts';

const fresh = directories();

/** What a store holds of commits of children/writing.ts, which must all be whole. Gives the last one. */
async function wholeUpTo(directory: string): Promise<number> {
  const store = await opened(openStore(directory));
  const { block: last, seq } = store.last;
  let number = 0;
  for await (const found of store.blocks()) {
    expect(found.number).toBe(++number);
    expect(Buffer.from(found.bytes).equals(Buffer.alloc(20_000, `${number},`))).toBe(true);
  }
  expect([number, seq]).toEqual([last, last]);
  const waiting = await store.take('a', 9, []);
  expect(waiting).toMatchObject(last > 0 ? [{ seq: last, since: last }] : []);
  await store.close();
  return last;
}

describe('after SIGKILL', () => {
  test('every commit that resolved is there, and none is half there', async () => {
    const directory = fresh();
    let before = 0;
    for (const lines of [1, 30, 4, 17]) {
      const writing = child('writing', directory);
      for (let i = 0; i < lines; i++) await writing.line();
      writing.process.kill('SIGKILL');
      const said = Number((await writing.rest()).at(-1) ?? before + lines);
      const last = await wholeUpTo(directory);
      expect([said, said + 1]).toContain(last);
      before = last;
    }
  });

  test('a torn last page costs the commit that it was of, and no other', async () => {
    const directory = fresh();
    await child('writing', directory, '5').ended;
    const wal = `${databaseFile(directory)}-wal`;
    truncateSync(wal, statSync(wal).size - 100);
    expect(await wholeUpTo(directory)).toBe(4);
  });

  test('a WAL that is cut in its middle gives what was before, whole', async () => {
    const directory = fresh();
    await child('writing', directory, '9').ended;
    const wal = `${databaseFile(directory)}-wal`;
    truncateSync(wal, statSync(wal).size / 2);
    const last = await wholeUpTo(directory);
    expect(last).toBeGreaterThan(1);
    expect(last).toBeLessThan(9);
  });
});

/** Writes other bytes over a text in the file of a closed store, or over the beginning of the page that it is in. */
function overwrite(directory: string, text: string, other: string, where: 'text' | 'page' = 'text'): void {
  const path = databaseFile(directory);
  const found = readFileSync(path).indexOf(text);
  const at = where === 'text' ? found : found - (found % 8192);
  expect(at).toBeGreaterThanOrEqual(0);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from(other), 0, other.length, at);
  closeSync(file);
}

describe('a damaged file is named, with the place and what to do', () => {
  /** A closed store with two blocks, two events and a snapshot of two parts. */
  async function written(): Promise<string> {
    const directory = fresh();
    const store = await opened(openStore(directory));
    for (const number of [1, 2, 3])
      await store.commit({ block: block(number), events: [event(number)], settled: [] });
    for (const part of ['part 1', 'part 2']) await store.snapshotPart(1, Buffer.from(part));
    await store.finishSnapshot(1, 1);
    await store.close();
    return directory;
  }

  const why = (directory: string, what: string) =>
    `${databaseFile(directory)} is damaged (${what}): look at it with \`sidewatch storage check ${directory}\`, move it aside with \`sidewatch storage reset ${directory}\``;

  test('a flipped byte in a block', async () => {
    const directory = await written();
    overwrite(directory, 'block 3', 'block X');
    const store = await opened(openStore(directory));
    const fault = { kind: 'damaged', why: why(directory, 'table block, row 3: its checksum is wrong') };
    await expect(blocksOf(store)).rejects.toEqual(expect.objectContaining({ fault }));
    await store.close();
  });

  test('a flipped byte in an event', async () => {
    const directory = await written();
    overwrite(directory, 'event 2', 'event X');
    const store = await opened(openStore(directory));
    expect(await store.take('a', 1, [])).toMatchObject([{ seq: 1 }]);
    expect(await store.take('a', 2, [])).toEqual({
      kind: 'damaged',
      why: why(directory, 'table event, row 2: its checksum is wrong'),
    });
    await store.close();
  });

  test('a flipped byte in a snapshot', async () => {
    const directory = await written();
    overwrite(directory, 'part 2', 'part X');
    const store = await opened(openStore(directory));
    const error = await partsOf(store).catch((error: unknown) => error as StoreError);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      fault: { kind: 'damaged', why: why(directory, 'table part, row 1/2: its checksum is wrong') },
    });
    await store.close();
  });

  test('a page of blocks', async () => {
    const directory = await written();
    overwrite(directory, 'block 3', 'no page', 'page');
    expect(await openStore(directory)).toEqual({
      kind: 'damaged',
      why: why(directory, 'table block: database disk image is malformed'),
    });
  });

  test('a page of events, which other calls do not need', async () => {
    const directory = await written();
    overwrite(directory, 'event 3', 'no page', 'page');
    const store = await opened(openStore(directory));
    const fault = {
      kind: 'damaged',
      why: why(directory, 'table event: database disk image is malformed'),
    };
    expect(await store.take('a', 1, [])).toEqual(fault);
    expect(await store.commit({ events: [event(4)], settled: [] })).toMatchObject({ kind: 'damaged' });
    expect((await blocksOf(store)).length).toBe(2);
    await store.close();
  });

  test('a main file that is cut in its middle', async () => {
    const directory = await written();
    const path = databaseFile(directory);
    truncateSync(path, statSync(path).size / 2);
    expect(await openStore(directory)).toMatchObject({
      kind: 'damaged',
      why: why(directory, 'database disk image is malformed, SQLite 11'),
    });
  });

  test('a file of something else', async () => {
    const directory = await written();
    overwrite(directory, 'SQLite format 3', 'another program');
    expect(await openStore(directory)).toEqual({
      kind: 'damaged',
      why: why(directory, 'file is not a database, SQLite 26'),
    });
  });
});
