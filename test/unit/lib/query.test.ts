import { expect, test } from 'vitest';
import { queryPairs } from '../../../src/lib/query.ts';

test.each<[string, string, [string, string][]]>([
  ['no query has no pairs', '/api/v1/pods', []],
  ['an empty query has none', '/api/v1/pods?', []],
  [
    'pairs keep their order, the same key too',
    '/x?command=sh&command=-c&tty=true',
    [
      ['command', 'sh'],
      ['command', '-c'],
      ['tty', 'true'],
    ],
  ],
  ['escapes are decoded in keys and values', '/x?%63ommand=%2Fbin%2fsh', [['command', '/bin/sh']]],
  ['+ is a space and %2B is a plus', '/x?a+b=c+d%2Be', [['a b', 'c d+e']]],
  ['a value ends at & alone', '/x?a=b=c?d#e', [['a', 'b=c?d#e']]],
  ['a key without = has an empty value', '/x?a&b=', [['a', ''], ['b', '']]], // biome-ignore format: one case
  ['a pair with a semicolon is left out', '/x?a=1;b=2&c=3', [['c', '3']]],
  ['an escaped semicolon is a character', '/x?a=1%3Bb', [['a', '1;b']]],
  ['a pair with an invalid escape is left out', '/x?a=%zz&%=1&b=%4&c=1', [['c', '1']]],
  ['escapes are UTF-8', '/x?a=%C3%A9%E2%82%AC', [['a', 'é€']]],
  ['bytes that are no UTF-8 are replaced', '/x?a=%ffb', [['a', '\ufffdb']]],
  ['empty pairs are none', '/x?&&a=1&', [['a', '1']]],
])('%s', (_, uri, pairs) => {
  expect([...queryPairs(uri)]).toEqual(pairs);
});
