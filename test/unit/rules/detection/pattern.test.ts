import { describe, expect, test } from 'vitest';
import { literalText, parsePattern, patternTest } from '../../../../src/rules/detection/pattern.ts';

const fits = (pattern: string, text: string) => patternTest(parsePattern(pattern))(text);

describe('wildcards', () => {
  test.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['**', '', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['', '', true],
    ['', 'a', false],
    ['a*', 'abc', true],
    ['a*', 'ba', false],
    ['*c', 'abc', true],
    ['*c', 'cb', false],
    ['*b*', 'abc', true],
    ['*b*', 'ac', false],
    ['a*c', 'ac', true],
    ['a*c', 'acb', false],
    ['a*b*c', 'a-c-b-c', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*a?', 'aab', true],
    ['ab*ba', 'aba', false],
  ])('%j on %j is %j', (pattern, text, expected) => {
    expect(fits(pattern, text)).toBe(expected);
  });

  test('a question mark is one character, also where UTF-16 needs two units', () => {
    expect(fits('a?b', 'a😀b')).toBe(true);
    expect(fits('*?b', '😀b')).toBe(true);
    expect(fits('a??b', 'a😀b')).toBe(false);
  });

  test('a hostile text costs no more than pattern length times text length', () => {
    // A matcher that tries every split would not come back.
    expect(fits(`${'*a'.repeat(25)}*b`, 'a'.repeat(20_000))).toBe(false);
  });
});

describe('backslashes', () => {
  test.each([
    ['a\\*', 'a*'],
    ['a\\?', 'a?'],
    ['a\\b', 'a\\b'],
    ['a\\\\b', 'a\\b'],
    ['a\\\\\\b', 'a\\\\b'],
    ['a\\\\\\\\b', 'a\\\\b'],
    ['a\\\\\\*', 'a\\*'],
    ['a\\', 'a\\'],
  ])('%j stands for the plain text %j', (value, text) => {
    expect(literalText(parsePattern(value))).toBe(text);
  });

  test('an escaped backslash leaves the wildcard after it a wildcard', () => {
    expect(literalText(parsePattern('a\\\\*'))).toBeUndefined();
    expect(fits('a\\\\*', 'a\\anything')).toBe(true);
    expect(fits('a\\\\*', 'a*')).toBe(false);
  });
});
