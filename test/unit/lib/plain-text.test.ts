import { expect, test } from 'vitest';
import { plainText } from '../../../src/lib/plain-text.ts';

test.each([
  ['a line break', 'a\nb', 'a\\u000ab'],
  ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
  ['the C1 form of it', '\u009b2J', '\\u009b2J'],
  ['text turned round', 'a\u202eb', 'a\\u202eb'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ['an invisible character', 'a\u200bb', 'a\\u200bb'],
  ['half a character', 'a\ud800b', 'a\\ud800b'],
  ['an invisible one of two units', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
])('%s is escaped', (_, text, expected) => {
  expect(plainText(text)).toBe(expected);
});

test('other text stays', () => {
  for (const text of ['', 'curl/8.5.0', 'Zürich', '東京', '😀', 'a "b" \\ c'])
    expect(plainText(text)).toBe(text);
});

test('JSON stays the same JSON', () => {
  const value = { agent: 'a\u009b\u2028\u{e0041}' };
  expect(JSON.parse(plainText(JSON.stringify(value)))).toEqual(value);
});
