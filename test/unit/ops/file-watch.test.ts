import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileWatch } from '../../../src/ops/file-watch.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

test('nothing has changed as long as nothing does', () => {
  writeFileSync(at('a.yml'), 'one');
  const changed = fileWatch(() => [at('a.yml')]);
  expect([changed(), changed()]).toEqual([false, false]);
});

test('a change is told once, after a look at which it was still', () => {
  writeFileSync(at('a.yml'), 'one');
  const changed = fileWatch(() => [at('a.yml')]);
  writeFileSync(at('a.yml'), 'three');
  expect([changed(), changed(), changed()]).toEqual([false, true, false]);
});

test('a file that is still being written is waited for', () => {
  writeFileSync(at('a.yml'), 'one');
  const changed = fileWatch(() => [at('a.yml')]);
  writeFileSync(at('a.yml'), 'half');
  expect(changed()).toBe(false);
  writeFileSync(at('a.yml'), 'the whole');
  expect([changed(), changed()]).toEqual([false, true]);
});

test("a ConfigMap's swapped link is a change of the files behind it", () => {
  for (const version of ['v1', 'v2']) {
    mkdirSync(at(version));
    writeFileSync(join(at(version), 'a.yml'), 'same');
  }
  symlinkSync('v1', at('..data'));
  symlinkSync(join('..data', 'a.yml'), at('a.yml'));
  const changed = fileWatch(() => [at('a.yml')]);
  symlinkSync('v2', at('..data_tmp'));
  renameSync(at('..data_tmp'), at('..data'));
  expect([changed(), changed()]).toEqual([false, true]);
});

test('files that come and go are changes', () => {
  writeFileSync(at('a.yml'), 'one');
  let paths = [at('a.yml')];
  const changed = fileWatch(() => paths);
  paths = [at('a.yml'), at('b.yml')];
  expect([changed(), changed()]).toEqual([false, true]);
  unlinkSync(at('a.yml'));
  expect([changed(), changed()]).toEqual([false, true]);
});

test('a change that is taken back before it was still is none', () => {
  let paths = [at('a.yml')];
  const changed = fileWatch(() => paths);
  paths = [];
  expect(changed()).toBe(false);
  paths = [at('a.yml')];
  expect([changed(), changed()]).toEqual([false, false]);
});

test('a link that leads to itself, and a folder that cannot be searched, are changes and no end', () => {
  writeFileSync(at('a.yml'), 'one');
  const changed = fileWatch(() => [at('a.yml')]);
  unlinkSync(at('a.yml'));
  symlinkSync('a.yml', at('a.yml'));
  expect([changed(), changed(), changed()]).toEqual([false, true, false]);
  let broken = true;
  const other = fileWatch(() => {
    if (broken) throw new Error('EACCES');
    return [at('b.yml')];
  });
  broken = false;
  expect([other(), other()]).toEqual([false, true]);
});
