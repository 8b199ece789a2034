import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seconds } from '../../../src/lib/time-format.ts';
import { fileWatch } from '../../../src/ops/file-watch.ts';
import { startChangingFiles } from '../../../src/serve/changing-files.ts';
import { UserError } from '../../../src/setup/user-error.ts';
import { userFile } from '../../../src/setup/user-file.ts';
import { TestCounters } from '../../support/counters.ts';

const folder = mkdtempSync(join(tmpdir(), 'changing-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let made = 0;

/** A file that is good if it says "good ...", looked at every two seconds. */
function start() {
  const path = join(folder, String(made++));
  writeFileSync(path, 'good 1');
  const lines: string[] = [];
  const log = {
    info: (text: string) => lines.push(text),
    warn: (text: string) => lines.push(text),
    error: (text: string) => lines.push(text),
  };
  const counters = new TestCounters();
  const read = () => {
    const found = userFile(path);
    if ('why' in found) throw new UserError([found.why]);
    if (!found.text.startsWith('good')) throw new UserError(['holds nothing good']);
    return found.text;
  };
  const changed = fileWatch(() => [path]);
  const files = startChangingFiles(
    { changed, first: read(), read },
    seconds(4),
    { what: 'the files', counter: 'receiver_files' },
    counters,
    log,
  );
  return { path, files, lines, counters };
}

const interval = () => vi.advanceTimersByTime(4000);

test('a changed file is in use within the interval', () => {
  const { path, files, lines, counters } = start();
  interval();
  writeFileSync(path, 'good, and longer');
  expect(files.now()).toBe('good 1');
  interval();
  expect(files.now()).toBe('good, and longer');
  // As a mounted secret changes.
  writeFileSync(`${path}.new`, 'good again');
  renameSync(`${path}.new`, path);
  interval();
  expect(files.now()).toBe('good again');
  expect(lines).toEqual(Array(2).fill('the files have changed and are in use'));
  expect(counters.of('receiver_files', 'replaced')).toBe(2);
  void files.stop(AbortSignal.abort());
});

test('a file that is broken or gone leaves the old one in use, in one line of the log, until it is good', () => {
  const { path, files, lines, counters } = start();
  writeFileSync(path, 'bad');
  interval();
  interval();
  rmSync(path);
  interval();
  interval();
  expect(files.now()).toBe('good 1');
  const failed = 'the files have changed and cannot be used; the old ones stay in use:';
  expect(lines).toEqual([`${failed} holds nothing good`, `${failed} cannot be read: no such file`]);
  expect(counters.of('receiver_files', 'failed')).toBe(2);
  writeFileSync(path, 'good 2');
  interval();
  interval();
  expect(files.now()).toBe('good 2');
  writeFileSync(path, 'no longer good');
  interval();
  writeFileSync(path, 'good 2');
  interval();
  interval();
  expect(lines.slice(2)).toEqual([
    'the files have changed and are in use',
    `${failed} holds nothing good`,
    'the files are good again and hold what is in use',
  ]);
  expect(counters.of('receiver_files', 'replaced')).toBe(1);
  void files.stop(AbortSignal.abort());
});

test('after a stop nothing is read', () => {
  const { path, files } = start();
  void files.stop(AbortSignal.abort());
  writeFileSync(path, 'good, and longer');
  interval();
  expect(files.now()).toBe('good 1');
});
