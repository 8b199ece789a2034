import { RE2JS } from 're2js';
import type { TextTest } from '../detection/expression.ts';
import { ONE, type Pattern, RUN } from '../detection/pattern.ts';

const SIGN = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

const FLAGS = [
  ['i', RE2JS.CASE_INSENSITIVE],
  ['m', RE2JS.MULTILINE],
  ['s', RE2JS.DOTALL],
] as const;

/** A test for people, the comparison and the value: `['=', '"get"']`, `['like', '"kube-*"']`, `['has hour >=', '22']`. */
export function testWords(test: TextTest): readonly [how: string, wanted: string] {
  switch (test.kind) {
    case 'equal':
      return ['=', JSON.stringify(test.text)];
    case 'cased-equal':
      return ['= (cased)', JSON.stringify(test.text)];
    case 'pattern':
      return ['like', patternWords(test.pattern)];
    case 'cased-pattern':
      return ['like (cased)', patternWords(test.pattern)];
    case 'regex':
      return [
        'matches',
        `/${test.source}/${FLAGS.flatMap(([flag, bit]) => (test.flags & bit ? [flag] : [])).join('')}`,
      ];
    case 'cidr':
      return ['in', test.network];
    case 'compare':
      return [SIGN[test.op], String(test.value)];
    case 'time':
      return [`has ${test.part} ${SIGN[test.op]}`, String(test.value)];
  }
}

/** As in a Sigma value. */
function patternWords(pattern: Pattern): string {
  const text = pattern.map((token) => {
    if (token === RUN) return '*';
    if (token === ONE) return '?';
    const character = String.fromCodePoint(token);
    return '*?'.includes(character) ? `\\${character}` : character;
  });
  return JSON.stringify(text.join(''));
}
