import { describe, expect, test } from 'vitest';
import { bindingOf, type KnownToken, tokensIn } from '../../../src/receive/tokens.ts';

const known = (text: string, cluster?: string) => {
  const found = tokensIn(text, cluster);
  if ('why' in found) throw new Error(found.why);
  return found as readonly KnownToken[];
};

describe('a file of tokens', () => {
  test('has one a line; empty lines and comments are none', () => {
    const tokens = known('# old\nfirst\r\n\n  second  \n#third', 'prod');
    expect(tokens).toHaveLength(2);
    for (const token of ['first', 'second'])
      expect(bindingOf(`Bearer ${token}`, tokens)).toMatchObject({ cluster: 'prod' });
    for (const token of ['third', '#third', '# old', ''])
      expect(bindingOf(`Bearer ${token}`, tokens)).toBeUndefined();
  });

  test.each([
    ['', 'holds no token'],
    ['\n# none\n', 'holds no token'],
    ['a\nBearer s3cret', 'line 2 wants the token alone, without Bearer'],
    ['two words', 'line 1 holds no token: only ASCII without spaces can be sent'],
    ['schlüssel', 'line 1 holds no token: only ASCII without spaces can be sent'],
    ['t\n'.repeat(101), 'holds 101 tokens; wants 100 at most'],
  ])('%j is refused, without its contents', (text, why) => {
    expect(tokensIn(text, undefined)).toEqual({ why });
  });

  test('keeps no token', () => {
    expect(JSON.stringify(known('s3cret'))).not.toContain('s3cret');
  });
});

describe('a header', () => {
  const tokens = [...known('one\ntwo'), ...known('three', 'prod')];

  test.each([
    ['Bearer one', undefined],
    ['bearer two', undefined],
    ['BEARER  three ', 'prod'],
  ])('%j lets in', (header, cluster) => {
    expect(bindingOf(header, tokens)).toMatchObject({ cluster });
  });

  test.each([
    undefined,
    '',
    'one',
    'Basic one',
    'Bearer',
    'Bearer ',
    'Bearer on',
    'Bearer onee',
    'Bearer one two',
  ])('%j does not', (header) => {
    expect(bindingOf(header, tokens)).toBeUndefined();
    expect(bindingOf(header, [])).toBeUndefined();
  });
});
