import { expect, test } from 'vitest';
import { nearest } from '../../../src/lib/nearest.ts';

const KEYS = ['receivers', 'rules', 'client', 'destinations', 'ipv6_prefix'];

test.each([
  ['a letter is missing', 'recevers', 'receivers'],
  ['neighbours are swapped', 'recievers', 'receivers'],
  ['a letter is wrong', 'clienk', 'client'],
  ['a letter is too many', 'ruless', 'rules'],
  ['the case differs', 'Rules', 'rules'],
  ['a long word has three mistakes', 'destanatoin', 'destinations'],
  ['the word is right', 'client', 'client'],
])('%s: %s means %s', (_, word, expected) => {
  expect(nearest(word, KEYS)).toBe(expected);
});

test.each(['zzz', 'storage', 'completely_different', ''])('%j is close to nothing', (word) => {
  expect(nearest(word, KEYS)).toBeUndefined();
});

test('of equally close words the first is meant', () => {
  expect(nearest('cat', ['bat', 'hat'])).toBe('bat');
});

test('without candidates nothing is meant', () => {
  expect(nearest('x', [])).toBeUndefined();
});
