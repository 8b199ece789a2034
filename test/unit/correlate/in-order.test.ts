import { expect, test } from 'vitest';
import { inOrder } from '../../../src/correlate/in-order.ts';
import { aHit, TEN } from '../../support/hits.ts';

/** `a1 b2`: an input and a time each. */
const seen = (text: string) =>
  text
    .split(' ')
    .filter(Boolean)
    .map((one) => ({ ...aHit(TEN + Number(one.slice(1)), { input: one[0]! }), numbers: [] }));

test.each([
  ['', 0],
  ['b1', 1],
  ['a1 b2 c3', 3],
  ['c3 b2 a1', 3],
  ['c1 b2 a3', 1],
  ['b1 a2 c3', 2],
  ['a1 b1 c1', 3],
  ['a5 a1 b2 b6 c3', 3],
  ['b1 c2 a3', 2],
  ['x1 a2', 1],
])('of a, b, c, "%s" has %d in order', (text, expected) => {
  expect(inOrder(['a', 'b', 'c'], seen(text))).toBe(expected);
});
