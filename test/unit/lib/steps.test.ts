import { expect, test } from 'vitest';
import { oncePerInSteps } from '../../../src/lib/once-per.ts';
import { atOnce, eachInSteps, type Steps } from '../../../src/lib/steps.ts';

test('a step takes at most 1,000 values, and all are taken in order', () => {
  const values = Array.from({ length: 3500 }, (_, i) => `v${i}`);
  const taken: string[] = [];
  const atPauses: number[] = [];
  const steps = eachInSteps(values, (value, i) => taken.push(`${value} ${i}`));
  while (!steps.next().done) atPauses.push(taken.length);
  expect(atPauses).toEqual([1000, 2000, 3000]);
  expect(taken).toEqual(values.map((value, i) => `${value} ${i}`));
});

test.each(['at once', 'in steps'])('what was made %s is not made again', (how) => {
  let made = 0;
  const sizeOf = oncePerInSteps(function* (list: readonly string[]): Steps<number> {
    made++;
    yield;
    return list.length;
  });
  const list = ['a', 'b'];
  expect(how === 'at once' ? sizeOf(list) : atOnce(sizeOf.making(list))).toBe(2);
  expect([sizeOf(list), atOnce(sizeOf.making(list))]).toEqual([2, 2]);
  expect(made).toBe(1);
  expect([sizeOf(['c']), made]).toEqual([1, 2]);
});
