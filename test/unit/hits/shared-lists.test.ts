import { expect, test } from 'vitest';
import { SHARED_LISTS_MAX, SHARED_TEXT_MAX, sharedList } from '../../../src/hits/shared-lists.ts';

test('the same text has the same list, another one another', () => {
  expect(sharedList('get')).toEqual(['get']);
  expect(sharedList('get')).toBe(sharedList('get'));
  expect(sharedList('list')).toEqual(['list']);
});

test('long texts are not cached, and of short ones the one asked for longest ago gives way', () => {
  const long = 'x'.repeat(SHARED_TEXT_MAX + 1);
  expect(sharedList(long)).not.toBe(sharedList(long));
  const first = sharedList('first');
  const used = sharedList('used');
  for (let i = 0; i < SHARED_LISTS_MAX; i++) {
    expect(sharedList(`text ${i}`)).toEqual([`text ${i}`]);
    expect(sharedList('used')).toBe(used);
  }
  expect(sharedList('first')).not.toBe(first);
});
