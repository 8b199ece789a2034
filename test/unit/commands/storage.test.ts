import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { storageCheck } from '../../../src/commands/storage/storage-check.ts';
import { storageReset } from '../../../src/commands/storage/storage-reset.ts';
import { storedAt } from '../../../src/commands/storage/stored-at.ts';
import { UserError } from '../../../src/setup/user-error.ts';
import { databaseFile } from '../../../src/store/sqlite/database-file.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { block, blocksOf, event, opened, partsOf, seqsOf } from '../../contract/store.ts';
import { child, directories } from '../store/stored.ts';

const fresh = directories();
afterEach(() => void vi.restoreAllMocks());

/** What a command prints, its exit code, and its error lines. */
async function ran(command: () => Promise<unknown>): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(((text: string, done?: () => void) => {
    out += text;
    done?.();
    return true;
  }) as typeof process.stdout.write);
  try {
    return { code: Number((await command()) ?? 0), out, err: '' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { code: error.code, out, err: error.lines.join('\n') };
  }
}

async function written(): Promise<string> {
  const directory = fresh();
  const store = await opened(openStore(directory));
  await store.commit({ block: block(1), events: [], settled: [] });
  await store.snapshotPart(1, Buffer.alloc(2_500_000));
  await store.finishSnapshot(1, 1);
  const events = [event(1, { to: ['siem', 'backend'] }), event(2, { to: ['siem'] })];
  await store.commit({ block: block(2), events, settled: [] });
  await store.snapshotPart(2, Buffer.from('begun'));
  await store.close();
  return directory;
}

const overwritten = (directory: string, text: string, other: string): void => {
  const bytes = readFileSync(databaseFile(directory));
  bytes.write(other, bytes.indexOf(text));
  writeFileSync(databaseFile(directory), bytes);
};

describe('storage check', () => {
  test('says what is stored, and changes nothing of it', async () => {
    const directory = await written();
    const whole = {
      code: 0,
      out: `${databaseFile(directory)} is whole
format         1
snapshot       1 part    2.5 MB
  unfinished   1 part    0.0 kB
journal        1 block   0.0 kB
outbox         2 events  0.0 kB
  for backend  1 event
  for siem     2 events
`,
      err: '',
    };
    expect(await ran(() => storageCheck(directory))).toEqual(whole);
    expect(await ran(() => storageCheck(directory))).toEqual(whole);
  });

  test('reads what is still in the WAL of a process that was killed', async () => {
    const directory = fresh();
    await child('writing', directory, '3').ended;
    expect(await ran(() => storageCheck(directory))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/journal +3 blocks +60\.0 kB/),
    });
  });

  test('lists all damage with table and row, and exits with 1', async () => {
    const directory = await written();
    overwritten(directory, 'block 2', 'block X');
    overwritten(directory, 'event 1', 'event X');
    const db = new DatabaseSync(databaseFile(directory));
    db.exec('DELETE FROM event WHERE seq = 2; INSERT INTO event VALUES (9, 0, zeroblob(0))');
    db.close();
    const { code, out } = await ran(() => storageCheck(directory));
    expect(code).toBe(1);
    expect(out).toMatch(/ is damaged\nformat /);
    expect(out.slice(out.indexOf('\n\n'))).toBe(`
\ntable block, row 2: its checksum is wrong
table event, row 1: its checksum is wrong
table event, row 2: it is missing
table event, row 9: it waits for no destination

Move it aside with: sidewatch storage reset ${directory}
`);
  });

  test('reads on behind a page that cannot be read', async () => {
    const directory = await written();
    const bytes = readFileSync(databaseFile(directory));
    const page = Math.floor(bytes.indexOf('block 2') / 8192) * 8192;
    bytes.fill(0x55, page, page + 8192);
    writeFileSync(databaseFile(directory), bytes);
    const { code, out } = await ran(() => storageCheck(directory));
    expect(code).toBe(1);
    expect(out).toMatch(/journal +0 blocks.*\noutbox +2 events/);
    expect(out).toContain('\ntable block: database disk image is malformed\n');
  });

  test('of a file that SQLite cannot open exits with 1 too', async () => {
    const directory = await written();
    truncateSync(databaseFile(directory), 10_000);
    expect(await ran(() => storageCheck(directory))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/ is damaged \(.*\): .*`sidewatch storage reset /),
    });
  });

  test('exits with 2 where nothing can be said: in use, absent, newer', async () => {
    const directory = await written();
    const store = await opened(openStore(directory));
    expect(await ran(() => storageCheck(directory))).toMatchObject({
      code: 2,
      err: expect.stringContaining(' is in use, and only one process may have it open'),
    });
    await store.close();
    const absent = fresh();
    expect(await ran(() => storageCheck(absent))).toEqual({
      code: 2,
      out: '',
      err: `${databaseFile(absent)}  is not there`,
    });
    const db = new DatabaseSync(databaseFile(directory));
    db.exec('PRAGMA user_version = 2');
    db.close();
    expect(await ran(() => storageCheck(directory))).toMatchObject({
      code: 2,
      err: expect.stringContaining('was written by a newer Sidewatch'),
    });
  });

  test('of an empty file finds nothing', async () => {
    const directory = fresh();
    mkdirSync(directory);
    writeFileSync(databaseFile(directory), '');
    expect(await ran(() => storageCheck(directory))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/format +0\n.*\njournal +0 blocks/),
    });
  });
});

describe('the directory of a store', () => {
  test('is given, or that of a configuration', () => {
    const directory = fresh();
    mkdirSync(directory, { recursive: true });
    const config = join(directory, 'sidewatch.yaml');
    writeFileSync(config, `storage: {kind: sqlite, directory: ${JSON.stringify(directory)}}\n`);
    expect(storedAt(directory, {})).toBe(directory);
    expect(storedAt(undefined, { config })).toBe(directory);
  });

  test('both, none, and a configuration without a store are errors', () => {
    const directory = fresh();
    mkdirSync(directory, { recursive: true });
    const config = join(directory, 'sidewatch.yaml');
    writeFileSync(config, 'storage: {kind: memory}\n');
    const wrong = (...args: Parameters<typeof storedAt>) => {
      try {
        return storedAt(...args);
      } catch (error) {
        const { lines, code } = error as UserError;
        return [lines.join(), code];
      }
    };
    const give = 'give the directory of the store, or --config with the configuration that names it';
    expect(wrong(undefined, {})).toEqual([give, 2]);
    expect(wrong(directory, { config })).toEqual([give, 2]);
    expect(wrong(undefined, { config })).toEqual([
      `${config}  storage.directory is not set: nothing is stored`,
      2,
    ]);
  });
});

describe('storage reset', () => {
  const asideIn = (directory: string) =>
    readdirSync(directory)
      .filter((name) => name.startsWith('aside-'))
      .sort();

  test('moves all files into a folder with the time, and they can be read there', async () => {
    const directory = fresh();
    await child('writing', directory, '3').ended;
    const wal = `${databaseFile(directory)}-wal`;
    const before = [databaseFile(directory), wal].map((path) => readFileSync(path));
    const { code, out } = await ran(() => storageReset(directory));
    const [name = ''] = asideIn(directory);
    expect(name).toMatch(/^aside-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
    const folder = join(directory, name);
    expect([code, out]).toEqual([
      0,
      `The store is in ${folder} now. The next start in ${directory} begins with an empty one.\n`,
    ]);
    expect(readdirSync(directory)).toEqual([name]);
    const after = [databaseFile(folder), `${databaseFile(folder)}-wal`].map((path) => readFileSync(path));
    expect(after.map((bytes, i) => bytes.equals(before[i]!))).toEqual([true, true]);
    const empty = await opened(openStore(directory));
    expect(empty.last).toEqual({ block: 0, seq: 0 });
    await empty.close();
    const moved = await opened(openStore(folder));
    expect([(await blocksOf(moved)).length, await seqsOf(moved.take('a', 9, []))]).toEqual([3, [3]]);
    expect(await partsOf(moved)).toEqual([]);
    await moved.close();
  });

  test('moves what SQLite cannot open, and a WAL that was left alone', async () => {
    const directory = await written();
    writeFileSync(databaseFile(directory), 'nothing of ours, and a little longer than a header'.repeat(20));
    expect(await ran(() => storageReset(directory))).toMatchObject({ code: 0 });
    writeFileSync(`${databaseFile(directory)}-wal`, 'left');
    expect(await ran(() => storageReset(directory))).toMatchObject({ code: 0 });
    const folders = asideIn(directory);
    expect(folders.length).toBe(2);
    expect(readdirSync(directory).sort()).toEqual(folders);
  });

  test('refuses while a process has it open, and says so where there is nothing', async () => {
    const directory = await written();
    const holding = child('holding', directory);
    await holding.line();
    const before = statSync(databaseFile(directory)).ino;
    expect(await ran(() => storageReset(directory))).toMatchObject({
      code: 1,
      err: expect.stringContaining(' is in use, '),
    });
    expect(asideIn(directory)).toEqual([]);
    expect(statSync(databaseFile(directory)).ino).toBe(before);
    holding.process.stdin!.end();
    await holding.ended;
    expect(await ran(() => storageReset(fresh()))).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not there'),
    });
  });
});
