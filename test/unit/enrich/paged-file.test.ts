import { mkdtempSync, openSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { PAGE_BYTES, PAGES_MAX, PagedFile } from '../../../src/enrich/paged-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));
const opened: PagedFile[] = [];
afterAll(() => {
  for (const file of opened) file.close();
});

let changes = 0;
let names = 0;
function paged(bytes: Uint8Array): { file: PagedFile; path: string } {
  const path = join(folder, `${names++}`);
  writeFileSync(path, bytes);
  utimesSync(path, 1000, 1000);
  const file = new PagedFile(path, () => changes++);
  opened.push(file);
  return { file, path };
}

/** More pages than fit, no two alike, and a last one that is not full. */
const bytes = Buffer.alloc(PAGES_MAX * PAGE_BYTES * 1.5 + 77);
for (let i = 0; i + 4 <= bytes.length; i += 4) bytes.writeUInt32BE(Math.imul(i + 1, 2654435761) >>> 0, i);

test('bytes, numbers and texts are the file’s, in any order of asking', () => {
  const { file } = paged(bytes);
  const at = fc.oneof(
    fc.nat(bytes.length - 1),
    fc
      .tuple(fc.nat(Math.floor(bytes.length / PAGE_BYTES)), fc.nat(8))
      .map(([page, back]) => Math.max(0, page * PAGE_BYTES - back)),
  );
  const length = fc.oneof(fc.nat(8), fc.nat(3 * PAGE_BYTES));
  fc.assert(
    fc.property(fc.array(fc.tuple(at, length), { minLength: 20, maxLength: 20 }), (reads) => {
      for (const [start, long] of reads) {
        const end = Math.min(bytes.length, start + long);
        const wanted = bytes.subarray(start, end);
        expect(file.bytes(start, end - start).equals(wanted)).toBe(true);
        expect(file.text(start, end - start)).toBe(wanted.toString());
        if (end > start) expect(file.byte(start)).toBe(bytes[start]);
        const digits = wanted.subarray(0, 4).toString('hex');
        expect(file.uint(start, Math.min(4, end - start))).toBe(Number.parseInt(digits || '0', 16));
      }
    }),
  );
});

test('a page that gave way is read anew', () => {
  const { file } = paged(bytes);
  for (const round of [0, 1])
    for (let at = round; at < bytes.length; at += PAGE_BYTES) {
      if (file.byte(at) !== bytes[at]) expect.fail(`byte ${at} is wrong`);
    }
});

test.each([
  [-1, 1],
  [1000, 1],
  [998, 3],
  [0, 1001],
  [Number.NaN, 1],
  [2 ** 40, 1],
])('%d and %d bytes on lie beyond a file of 1,000', (at, length) => {
  const { file } = paged(bytes.subarray(0, 1000));
  expect(() => file.uint(at, length)).toThrow('beyond');
  expect(() => file.bytes(at, length)).toThrow('beyond');
  expect(() => file.text(at, length)).toThrow('beyond');
  if (length === 1) expect(() => file.byte(at)).toThrow('beyond');
  expect(file.byte(999)).toBe(bytes[999]);
});

test('a closed file is not read, not even from memory, and closing twice is fine', () => {
  const { file, path } = paged(bytes);
  file.byte(0);
  file.close();
  // Takes the number that has become free.
  const other = openSync(path, 'r');
  expect(() => file.byte(0)).toThrow('closed');
  expect(() => file.byte(PAGE_BYTES)).toThrow('closed');
  file.close();
  file.verify();
  const again = new PagedFile(`/proc/self/fd/${other}`, () => {});
  expect(again.byte(5)).toBe(bytes[5]);
  again.close();
});

test('a file that another is renamed over is read to the end', () => {
  const { file, path } = paged(bytes);
  const next = join(folder, 'next');
  writeFileSync(next, 'short');
  renameSync(next, path);
  expect(file.bytes(0, bytes.length).equals(bytes)).toBe(true);
  file.verify();
  expect(changes).toBe(0);
});

test.each([
  ['truncated', (path: string) => truncateSync(path, 100)],
  ['written anew', (path: string) => writeFileSync(path, Buffer.alloc(bytes.length))],
  ['made longer', (path: string) => writeFileSync(path, 'more', { flag: 'a' })],
])('a file that was %s in place is given up, and is told of once', (_, change) => {
  changes = 0;
  const { file, path } = paged(bytes);
  file.byte(0);
  file.verify();
  change(path);
  file.byte(0);
  expect(() => file.verify(), 'what is in memory is from before').not.toThrow();
  try {
    file.byte(PAGE_BYTES);
  } catch {}
  expect(() => file.verify()).toThrow('changed in place');
  expect(() => file.byte(0)).toThrow('closed');
  file.verify();
  expect(changes).toBe(1);
});

test('what the file no longer has is no byte, neither the first time nor again', () => {
  const { file, path } = paged(bytes);
  truncateSync(path, PAGE_BYTES + 1);
  for (const at of [PAGE_BYTES, PAGE_BYTES, 2 * PAGE_BYTES])
    expect(() => file.byte(at)).toThrow('ends early');
});

test('a read that fails leaves no half page behind', () => {
  const { file, path } = paged(bytes);
  const [first, second, third] = [0, 1, 2].map((i) => (10 + (i * PAGES_MAX) / 2) * PAGE_BYTES) as [
    number,
    number,
    number,
  ];
  // The third page has its place where these two are, and only its first bytes are there.
  file.byte(first);
  file.byte(second);
  truncateSync(path, third + 100);
  expect(() => file.byte(third)).toThrow('ends early');
  expect(file.bytes(first, 8)).toEqual(bytes.subarray(first, first + 8));
});
