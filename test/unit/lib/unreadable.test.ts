import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { unreadable } from '../../../src/lib/unreadable.ts';

const folder = mkdtempSync(join(tmpdir(), 'unreadable-'));
afterAll(() => rmSync(folder, { recursive: true }));
symlinkSync('loop', join(folder, 'loop'));

test.each([
  ['none', 'no such file'],
  ['.', 'it is a folder'],
  ['loop', 'ELOOP: too many symbolic links encountered'],
])('%s is said without its path', (name, why) => {
  expect.assertions(1);
  try {
    readFileSync(join(folder, name));
  } catch (error) {
    expect(unreadable(error)).toBe(why);
  }
});

test.each([
  [{ code: 'EACCES', message: "EACCES: permission denied, open '/x'" }, 'this user may not read it'],
  [{ code: 'EIO', message: 'EIO: i/o error, read' }, 'EIO: i/o error'],
  [{ message: "it ends early, at 'x'" }, "it ends early, at 'x'"],
])('%j', (error, why) => {
  expect(unreadable(Object.assign(new Error(), error))).toBe(why);
});
