import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digest, digesting } from '../../../src/lib/digest.ts';
import { atOnce } from '../../../src/lib/steps.ts';

test('a digest is the first 128 bits of SHA-256 over a JSON array', () => {
  const whole = createHash('sha256').update('["a",null,1]', 'utf8').digest('hex');
  expect(digest(['a', null, 1])).toBe(whole.slice(0, 32));
});

test('text beyond ASCII is hashed as UTF-8', () => {
  const whole = createHash('sha256').update('["Zürich"]', 'utf8').digest('hex');
  expect(digest(['Zürich'])).toBe(whole.slice(0, 32));
});

test.each([
  ['where parts are cut', ['ab', 'c'], ['a', 'bc']],
  ['missing and empty', [null], ['']],
  ['a number and its text', [1], ['1']],
  ['order', ['a', 'b'], ['b', 'a']],
  ['a quote in the text', ['a","b'], ['a', 'b']],
])('%s makes a difference', (_, one, other) => {
  expect(digest(one)).not.toBe(digest(other));
});

test.each([
  ['nothing', []],
  ['what JSON does not know', [undefined, () => {}, Number.NaN, { a: undefined, b: () => {} }]],
  ['arrays in arrays', [[['a'], []], { of: [1, [2]] }, [[null]], 'Zürich']],
  ['a long list', [Array.from({ length: 20_000 }, (_, i) => ({ kind: 'equal', text: `"agent-${i}"` }))]],
])('a digest that is made in steps is the same: %s', (_, parts) => {
  expect(atOnce(digesting(parts))).toBe(digest(parts));
});

test('a long list is digested in several steps', () => {
  const list = Array.from({ length: 20_000 }, (_, i) => ({ kind: 'equal', text: `agent-${i}` }));
  expect([...digesting(list)].length).toBeGreaterThan(5);
});
