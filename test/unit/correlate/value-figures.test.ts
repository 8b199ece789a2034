import { expect, test } from 'vitest';
import { type FigureKind, figure, numbersOf } from '../../../src/correlate/value-figures.ts';
import { aHit, TEN } from '../../support/hits.ts';

test.each([
  ['12', 12],
  ['-0.5', -0.5],
  ['+3.', 3],
  ['.25', 0.25],
  ['1e3', 1000],
])('%j is a number', (text, number) => {
  expect(numbersOf([text])).toEqual({ numbers: [number], cut: 0, notNumbers: 0 });
});

test.each(['', ' ', '0x10', '1_000', '500m', '1Gi', 'NaN', 'Infinity', '1e999', '1,5', 'true'])(
  '%j is no number, and counted as such',
  (text) => {
    expect(numbersOf([text])).toEqual({ numbers: [], cut: 0, notNumbers: 1 });
  },
);

test('of more than 16 numbers the last ones count', () => {
  const { numbers, cut, notNumbers } = numbersOf(['x', ...Array.from({ length: 20 }, (_, i) => `${i}`)]);
  expect(numbers).toEqual(Array.from({ length: 16 }, (_, i) => i + 4));
  expect([cut, notNumbers]).toEqual([4, 1]);
});

const hits = (...numbers: number[]) => numbers.map((number) => ({ ...aHit(TEN), numbers: [number] }));
const of = (kind: FigureKind, numbers: number[], percentile = 0) =>
  figure(kind, percentile, hits(...numbers));

test.each<[FigureKind, number, number]>([
  ['value_sum', 0, 20],
  ['value_avg', 0, 5],
  ['value_median', 0, 3.5],
  ['value_percentile', 0, 1],
  ['value_percentile', 25, 1],
  ['value_percentile', 26, 2],
  ['value_percentile', 50, 2],
  ['value_percentile', 75, 5],
  ['value_percentile', 76, 12],
  ['value_percentile', 100, 12],
])('%s %d of 12, 1, 5 and 2 is %d', (kind, percentile, expected) => {
  expect(of(kind, [12, 1, 5, 2], percentile)).toBe(expected);
});

test('a percentile is the nearest rank, undisturbed by how percents are rounded', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  for (let percentile = 1; percentile <= 100; percentile++)
    expect(of('value_percentile', hundred, percentile)).toBe(percentile);
});

test('an odd number of numbers has one in the middle', () => {
  expect(of('value_median', [9, 1, 2])).toBe(2);
});

test('there is no sum without numbers', () => {
  expect(of('value_sum', [])).toBeUndefined();
});

test('the order of hits does not decide how a sum is rounded', () => {
  expect(of('value_sum', [0.1, 0.2, 0.3])).toBe(of('value_sum', [0.3, 0.2, 0.1]));
});
