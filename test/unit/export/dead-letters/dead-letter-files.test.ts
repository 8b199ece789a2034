import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { DeadLetterFiles } from '../../../../src/export/dead-letters/dead-letter-files.ts';
import { appendDurably, letterFiles, setAside } from '../../../../src/export/dead-letters/letter-files.ts';
import { keepLines, readLetters } from '../../../../src/export/dead-letters/read-letters.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { TestCounters } from '../../../support/counters.ts';
import { aRiskEvent } from '../loopback.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function kept(most = 128 * 2 ** 20) {
  const directory = mkdtempSync(join(tmpdir(), 'dead-letters-'));
  folders.push(directory);
  const counters = new TestCounters();
  const logs: string[] = [];
  let now = 1_768_471_200_000_000;
  const files = new DeadLetterFiles({
    directory,
    most,
    clock: () => now++ as Micros,
    counters,
    report: (what, why, times = 1) => void logs.push(`${what} (${times}): ${why}`),
  });
  return {
    directory,
    counters,
    logs,
    write: (to: string, ...uids: string[]) =>
      files.write(
        to,
        uids.map((uid) => ({ event: aRiskEvent(uid), why: 'HTTP 400' })),
      ),
    names: () => readdirSync(directory).sort(),
    async uids(to = 'siem') {
      const found = (await letterFiles(directory)).filter(({ destination }) => destination === to);
      const read = [];
      for (const { path } of found) read.push(await readLetters(path));
      return read.flatMap(({ letters }) => letters.map(({ event: { uid } }) => uid)).join('');
    },
  };
}

describe('dead letters are written', () => {
  test('to one file for each destination, that only its owner may read', async () => {
    const { write, names, directory, uids, counters } = kept();
    expect(await write('siem', 'a', 'b')).toBeUndefined();
    await write('team/x.y', 'c');
    await write('siem', 'd');
    expect(names()).toEqual(['siem.jsonl', 'team%2Fx%2Ey.jsonl']);
    expect(statSync(join(directory, 'siem.jsonl')).mode & 0o777).toBe(0o600);
    expect([await uids(), await uids('team/x.y')]).toEqual(['abd', 'c']);
    expect(counters.of('dead_letters', 'siem')).toBe(3);
  });

  test('in their order, however many are under way', async () => {
    const { write, uids } = kept();
    await Promise.all([...'abcdefgh'].map((uid) => write('siem', uid)));
    expect(await uids()).toBe('abcdefgh');
  });

  test('behind a line that broke off, which is no letter', async () => {
    const { write, directory, uids } = kept();
    await write('siem', 'a');
    appendFileSync(join(directory, 'siem.jsonl'), '{"time":"2026');
    await write('siem', 'b');
    expect(await uids()).toBe('ab');
    expect((await readLetters(join(directory, 'siem.jsonl'))).unreadable).toEqual(['{"time":"2026']);
  });

  test('in several files once one is full; the oldest is deleted, counted and reported when all are too large', async () => {
    const { write, names, uids, counters, logs, directory } = kept(8000);
    for (let i = 0; i < 40; i++) await write('siem', String(i % 10));
    const all = names().reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    expect(all).toBeLessThanOrEqual(8000);
    expect(all).toBeGreaterThan(5000);
    expect(names().length).toBeGreaterThan(4);
    const left = await uids();
    expect('0123456789'.repeat(4).endsWith(left)).toBe(true);
    expect(counters.of('dead_letters_removed', 'siem')).toBe(40 - left.length);
    expect(logs[0]).toMatch(/^the oldest dead letters of siem were deleted to make room \(\d+\): delivery/);
  });

  test('in portions that fit, where many come at once', async () => {
    const { write, names, directory } = kept(40_000);
    await write('siem', ...Array.from({ length: 20 }, (_, i) => String(i)));
    for (const name of names()) expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(5000);
  });

  test('or a reason is given, counted and reported', async () => {
    const { write, directory, counters, logs } = kept();
    rmSync(directory, { recursive: true });
    folders.pop();
    expect(await write('siem', 'a')).toBe('ENOENT: no such file or directory');
    expect([counters.of('dead_letters_failed', 'siem'), counters.of('dead_letters')]).toEqual([1, 0]);
    expect(logs).toEqual([
      `dead letters of siem cannot be written to ${directory}; its risk events wait (1): ENOENT: no such file or directory`,
    ]);
  });
});

describe('beside a reader', () => {
  test('a file that was set aside is not appended to', async () => {
    const { write, directory, names, uids } = kept();
    await write('siem', 'a');
    await setAside(directory, 'siem', 1 as Micros);
    await setAside(directory, 'siem', 1 as Micros);
    await write('siem', 'b');
    expect(names()).toEqual([expect.stringMatching(/^siem\.0{15}1-[\da-f]{16}\.jsonl$/), 'siem.jsonl']);
    expect(await uids()).toBe('ab');
  });

  test('that sets files aside, reads and deletes them again and again, every line is found', async () => {
    const { directory } = kept();
    const path = join(directory, 'siem.jsonl');
    const found = new Set<string>();
    let isReading = true;
    const reading = (async () => {
      for (let round = 0; round < 100; round++) {
        await setAside(directory, 'siem', 1 as Micros);
        for (const file of await letterFiles(directory)) {
          if (file.isCurrent) continue;
          for (const line of readFileSync(file.path, 'utf8').split('\n')) found.add(line);
          rmSync(file.path);
        }
      }
      isReading = false;
    })();
    const lines: string[] = [];
    const writing = async () => {
      do {
        const line = `line ${lines.length}`;
        lines.push(line);
        await appendDurably(path, `${line}\n`);
      } while (isReading);
    };
    await Promise.all([reading, ...Array.from({ length: 8 }, writing)]);
    for (const { path: last } of await letterFiles(directory))
      for (const line of readFileSync(last, 'utf8').split('\n')) found.add(line);
    expect(lines.filter((line) => !found.has(line))).toEqual([]);
  });

  test('lines that are kept replace a file whole, and none delete it', async () => {
    const { directory, names } = kept();
    const path = join(directory, 'siem.1-a.jsonl');
    await keepLines(path, ['x', 'y']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe('x\ny\n');
    await keepLines(path, []);
    await keepLines(path, []);
    expect(names()).toEqual([]);
    expect(await readLetters(path)).toEqual({ letters: [], unreadable: [] });
  });
});
