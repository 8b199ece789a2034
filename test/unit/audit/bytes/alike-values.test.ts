import { expect, test } from 'vitest';
import { AlikeValues } from '../../../../src/audit/bytes/alike-values.ts';
import { KIND } from '../../../../src/audit/bytes/token-kinds.ts';

/** The memo of an event with these values, which stand one after another, behind `before`. */
function memoOf(
  alike: AlikeValues,
  values: readonly string[],
  kinds: readonly number[] = [],
  before = '',
  between = '',
) {
  const u8 = Buffer.from(`${before}${values.join(between)}`);
  const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
  alike.begin();
  let at = before.length;
  for (const [i, value] of values.entries()) {
    alike.add(view, kinds[i] ?? KIND.ascii, at, at + value.length);
    at += value.length + between.length;
  }
  return alike.memo();
}

test('the same values have the same memo, wherever they stand', () => {
  const alike = new AlikeValues();
  const memo = memoOf(alike, ['get', 'system:node:a']);
  expect(memo).toBeDefined();
  expect(memoOf(alike, ['get', 'system:node:a'], [], 'xyz', ', ')).toBe(memo);
});

test('other values, another kind of the same bytes, or the same bytes parted otherwise have another memo', () => {
  const alike = new AlikeValues();
  const memo = memoOf(alike, ['403', 'get']);
  for (const values of [
    ['404', 'get'],
    ['403', 'list'],
    ['403g', 'et'],
    ['', '403get'],
    ['', ''],
    ['40', '3get'],
    ['4031', 'get'],
  ])
    expect(memoOf(alike, values)).not.toBe(memo);
  expect(memoOf(alike, ['403', 'get'], [KIND.integer])).not.toBe(memo);
  expect(memoOf(alike, ['403', 'get'])).toBe(memo);
});

test('values of more than about 2,000 bytes together have none', () => {
  const alike = new AlikeValues();
  expect(memoOf(alike, ['a', 'a'.repeat(2000)])).toBeDefined();
  expect(memoOf(alike, ['a', 'a'.repeat(2048)])).toBeUndefined();
});

test.each([
  ['more than 4,096 memos', 4097, 8],
  ['more than 1 MiB of values', 549, 1900],
])('%s: all are forgotten, then remembered again', (_, count, size) => {
  const alike = new AlikeValues();
  const values = (i: number) => [String(i).padEnd(size, 'x')];
  const first = memoOf(alike, values(0));
  for (let i = 1; i < count - 1; i++) memoOf(alike, values(i));
  expect(memoOf(alike, values(0))).toBe(first);
  for (let i = count - 1; i < count + 2; i++) memoOf(alike, values(i));
  const again = memoOf(alike, values(0));
  expect(again).not.toBe(first);
  expect(memoOf(alike, values(0))).toBe(again);
});

test('each byte of a value counts', () => {
  for (let size = 1; size < 14; size++) {
    const alike = new AlikeValues();
    const text = 'abcdefghijklmn'.slice(0, size);
    const memos = new Set([memoOf(alike, [text, 'get'])]);
    for (let i = 0; i < size; i++)
      memos.add(memoOf(alike, [`${text.slice(0, i)}-${text.slice(i + 1)}`, 'get']));
    expect(memos.size).toBe(size + 1);
  }
});
