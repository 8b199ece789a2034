import { expect, test } from 'vitest';
import { filledIn, placeholders } from '../../../src/semantics/placeholders.ts';

test.each([
  ['from $src_ip$ and $user.name$', ['src_ip', 'user.name']],
  ['costs $5 or $ 6 $', []],
  ['$$', []],
  ['', []],
])('%j names %j', (message, names) => {
  expect(placeholders(message)).toEqual(names);
});

test('each placeholder is filled in, and what is filled in is not looked at again', () => {
  expect(filledIn('$a$ and $b$, for $5', (name) => `$${name}x$`)).toBe('$ax$ and $bx$, for $5');
});
