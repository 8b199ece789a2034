import { expect, test } from 'vitest';
import { hasWildcard, wildcard } from '../../../src/lib/wildcard.ts';

test.each([
  ['prod', 'prod', true],
  ['prod', 'prod-1', false],
  ['prod-*', 'prod-1', true],
  ['prod-*', 'prod-', true],
  ['prod-*', 'a-prod-1', false],
  ['*-eu-?', 'prod-eu-1', true],
  ['*-eu-?', 'prod-eu-12', false],
  ['?', '\u{1f600}', true],
  ['attack.*', 'attackXt1613', false],
  ['[a]+(b)*', '[a]+(b)c', true],
  ['a*', 'a\nb', true],
])('%s fits %j: %s', (pattern, text, fits) => {
  expect(wildcard(pattern)(text)).toBe(fits);
});

test('a pattern without a wildcard is a name', () => {
  expect(['a*', 'a?', 'a.b'].map(hasWildcard)).toEqual([true, true, false]);
});
