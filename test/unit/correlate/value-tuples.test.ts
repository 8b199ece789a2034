import { expect, test } from 'vitest';
import { tuplesOf } from '../../../src/correlate/value-tuples.ts';

test('one field gives its values', () => {
  expect(tuplesOf({ f: ['a', 'b'] }, ['f'])).toEqual({ keys: ['["a"]', '["b"]'], cut: 0 });
});

test('several fields give every combination, and none where one is missing or empty', () => {
  const { keys } = tuplesOf({ f: ['a', 'b'], g: ['x', 'y'] }, ['f', 'g']);
  expect(keys).toEqual(['["a","x"]', '["a","y"]', '["b","x"]', '["b","y"]']);
  expect(tuplesOf({ f: ['a'] }, ['f', 'g']).keys).toEqual([]);
  expect(tuplesOf({ f: ['a'], g: [] }, ['f', 'g']).keys).toEqual([]);
});

test('values that join to the same text are distinguished', () => {
  const one = tuplesOf({ f: ['a"'], g: ['b'] }, ['f', 'g']).keys;
  const other = tuplesOf({ f: ['a'], g: ['"b'] }, ['f', 'g']).keys;
  expect(one).not.toEqual(other);
});

test('beyond 16 the last ones are kept and the others counted', () => {
  const many = Array.from({ length: 20 }, (_, i) => `${i}`);
  const { keys, cut } = tuplesOf({ f: many, g: ['x', 'y'] }, ['f', 'g']);
  expect(keys).toHaveLength(16);
  expect(keys.at(-1)).toBe('["19","y"]');
  expect(keys[0]).toBe('["12","x"]');
  expect(cut).toBe(24);
});
