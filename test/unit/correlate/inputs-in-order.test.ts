import { expect, test } from 'vitest';
import { inputsInOrder } from '../../../src/correlate/inputs-in-order.ts';
import { aHit, TEN } from '../../support/hits.ts';

/** `a1 b2`: an input and a time each. */
const seen = (text: string) =>
  text
    .split(' ')
    .filter(Boolean)
    .map((one) => ({ ...aHit(TEN + Number(one.slice(1)), { input: one[0]! }), numbers: [] }));

test.each(['a1 b2 c3', 'c3 b2 a1', 'a1 b1 c1', 'a5 a1 b2 b6 c3', 'c1 a2 b3 a4 c5', 'b1 a2 b3 c3 x4'])(
  'a, b, c were seen in order in "%s"',
  (text) => {
    expect(inputsInOrder(['a', 'b', 'c'], seen(text))).toBe(true);
  },
);

test.each(['', 'a1 b2', 'c1 b2 a3', 'b1 a2 c3', 'a1 c2 b3', 'a3 b4 c2', 'x1 y2 z3'])(
  'they were not in "%s"',
  (text) => {
    expect(inputsInOrder(['a', 'b', 'c'], seen(text))).toBe(false);
  },
);
