import { expect, test } from 'vitest';
import { LONE_MAX, LONE_TEXT_MAX, lone } from '../../../src/hits/shared-lists.ts';

test('the same text has the same list, another one another', () => {
  expect(lone('get')).toEqual(['get']);
  expect(lone('get')).toBe(lone('get'));
  expect(lone('list')).toEqual(['list']);
});

test('long texts are not remembered, and of short ones no more than so many', () => {
  const long = 'x'.repeat(LONE_TEXT_MAX + 1);
  expect(lone(long)).not.toBe(lone(long));
  const first = lone('first');
  for (let i = 0; i < LONE_MAX; i++) expect(lone(`text ${i}`)).toEqual([`text ${i}`]);
  expect(lone('first')).not.toBe(first);
});
