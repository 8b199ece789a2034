import { describe, expect, test } from 'vitest';
import { CONDITION_DEPTH_MAX, parseCondition } from '../../../../src/rules/detection/condition-grammar.ts';
import { BODY, matches, problems, rule, warnings } from '../loaded.ts';

const NAMES = ['sel_a', 'sel_b', '_hidden', 'other'];

/** Which of the four selections hold decides whether the condition does. */
function holds(condition: string, ...true_: string[]): boolean {
  const selections = NAMES.map((name) => `${name}: {annotations.${name}: yes}`).join('\n');
  const annotations = Object.fromEntries(true_.map((name) => [name, 'yes']));
  return matches(`${selections}\ncondition: ${condition}`, { annotations });
}

describe('a condition', () => {
  test.each([
    ['sel_a', ['sel_a'], true],
    ['sel_a', ['sel_b'], false],
    ['not sel_a', ['sel_b'], true],
    ['not not sel_a', ['sel_a'], true],
    ['sel_a or sel_b and other', ['sel_a'], true],
    ['(sel_a or sel_b) and other', ['sel_a'], false],
    ['not sel_a and other', ['other'], true],
    ['not sel_a and other', [], false],
    ['not (sel_a and other)', ['other'], true],
    ['not sel_a or other', ['sel_a', 'other'], true],
    ['sel_a AND NOT sel_b', ['sel_a'], true],
    ['1 of them', ['other'], true],
    ['1 of them', ['_hidden'], false],
    ['any of them', ['sel_a'], true],
    ['all of them', ['sel_a', 'sel_b', 'other'], true],
    ['all of them', ['sel_a', 'sel_b', '_hidden'], false],
    ['1 of sel_*', ['sel_b'], true],
    ['1 of sel_*', ['other'], false],
    ['all of sel_*', ['sel_a', 'sel_b'], true],
    ['all of sel_*', ['sel_a'], false],
    ['1 of *_b', ['sel_b'], true],
    ['all of s*l_*', ['sel_a'], false],
    ['1 of other', ['other'], true],
    ['1 of _*', ['_hidden'], true],
    ['not 1 of sel_* and other', ['other'], true],
    ['not 1 of sel_* and other', ['other', 'sel_a'], false],
    ['[sel_a, sel_b and other]', ['sel_b', 'other'], true],
    ['[sel_a, sel_b and other]', ['sel_b'], false],
  ] as const)('%s over %j is %j', (condition, true_, expected) => {
    expect(holds(condition, ...true_)).toBe(expected);
  });

  test.each([
    ['sel_c', 'detection.condition: "sel_c" is no selection; did you mean "sel_a"?'],
    ['sel_a and', 'detection.condition: ends where a selection is wanted'],
    ['sel_a sel_b', 'detection.condition: wants and, or or the end, has "sel_b"'],
    ['(sel_a', 'detection.condition: leaves a parenthesis open'],
    ['sel_a)', 'detection.condition: closes a parenthesis that is not open'],
    ['or sel_a', 'detection.condition: wants a selection before "or"'],
    ['sel_a and $x', 'detection.condition: wants the name of a selection, has "$x"'],
    ['2 of sel_*', 'detection.condition: wants 1 of, any of or all of, has "2 of"'],
    ['1 of', 'detection.condition: wants them, a selection or a pattern after "1 of"'],
    ['1 of x*', 'detection.condition: no selection matches "x*"'],
    ['""', 'detection.condition: ends where a selection is wanted'],
    ['5', 'detection.condition: wants a condition, has 5'],
    ['[]', 'detection.condition: is empty'],
    [
      'sel_a | count() > 5',
      'detection.condition: aggregations after | were replaced by correlations in Sigma; write a correlation rule that counts this one',
    ],
  ])('%s is refused', (condition, message) => {
    const text = rule(`detection:\n  sel_a: {verb: get}\n  sel_b: {verb: list}\n  condition: ${condition}\n`);
    expect(problems(text)).toContain(`a.yml:${BODY + 3} ${message}`);
  });

  test('in a list is reported on its own line', () => {
    const text = rule('detection:\n  a: {verb: get}\n  condition:\n    - a\n    - b\n');
    expect(problems(text)).toEqual([
      `a.yml:${BODY + 4} detection.condition[1]: "b" is no selection; did you mean "a"?`,
    ]);
  });

  test('that is not there is missing', () => {
    expect(problems(rule('detection:\n  a: {verb: get}\n'))).toEqual([
      `a.yml:${BODY} detection.condition: is missing`,
    ]);
  });

  test('nests as deep as its bound and no deeper', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
    expect(parseCondition(nested(CONDITION_DEPTH_MAX))).toEqual({ kind: 'name', name: 'a' });
    expect(parseCondition(nested(CONDITION_DEPTH_MAX + 1))).toEqual({ fault: 'nests deeper than 100' });
    expect(parseCondition('not '.repeat(100_000))).toEqual({ fault: 'nests deeper than 100' });
    expect(parseCondition(`${'(a) and '.repeat(1000)}a`)).toMatchObject({ kind: 'all' });
  });

  test('that uses not all selections brings a warning, but not for names that begin with _', () => {
    const text = rule(
      'detection:\n  a: {verb: get}\n  b: {verb: list}\n  _c: {verb: watch}\n  condition: a\n',
    );
    expect(warnings(text)).toEqual([`a.yml:${BODY + 2} detection.b: no condition uses this selection`]);
  });
});
