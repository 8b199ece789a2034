import { expect, test } from 'vitest';
import { RepeatedValues } from '../../../../src/audit/bytes/repeated-values.ts';
import { KIND } from '../../../../src/audit/bytes/token-kinds.ts';

function memoOf(values: RepeatedValues, text: string, kind: number = KIND.ascii, before = '') {
  const u8 = Buffer.from(`${before}${text}`);
  const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
  return values.of(u8, view, kind, before.length, u8.length);
}

test('the same bytes have the same memo, wherever they stand', () => {
  const values = new RepeatedValues();
  const memo = memoOf(values, 'system:node:a');
  expect(memo).toBeDefined();
  expect(memoOf(values, 'system:node:a', KIND.ascii, 'xyz')).toBe(memo);
});

test('other bytes, or another kind of the same bytes, have another memo', () => {
  const values = new RepeatedValues();
  const memo = memoOf(values, '403');
  for (const text of ['404', '4030', '40', '']) expect(memoOf(values, text)).not.toBe(memo);
  expect(memoOf(values, '403', KIND.integer)).not.toBe(memo);
});

test('a value of more than 512 bytes has none', () => {
  expect(memoOf(new RepeatedValues(), 'a'.repeat(512))).toBeDefined();
  expect(memoOf(new RepeatedValues(), 'a'.repeat(513))).toBeUndefined();
});

test.each([
  ['more than 2,048 values', 2049, 8],
  ['more than 256 KiB of values', 513, 512],
])('%s: all are forgotten, then remembered again', (_, count, size) => {
  const values = new RepeatedValues();
  const text = (i: number) => String(i).padEnd(size, 'x');
  const first = memoOf(values, text(0));
  for (let i = 1; i < count - 1; i++) memoOf(values, text(i));
  expect(memoOf(values, text(0))).toBe(first);
  for (let i = count - 1; i < count + 2; i++) memoOf(values, text(i));
  const again = memoOf(values, text(0));
  expect(again).not.toBe(first);
  expect(memoOf(values, text(0))).toBe(again);
});
