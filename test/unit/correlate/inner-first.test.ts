import { expect, test } from 'vitest';
import { rulesInnerFirst } from '../../../src/correlate/inner-first.ts';
import { aRule } from '../../support/hits.ts';

const rule = (id: string, ...inputs: string[]) => aRule({ id, inputs });
const ids = (rules: ReturnType<typeof rule>[]) => rulesInnerFirst(rules).map(({ id }) => id);

test('a rule stands after all rules whose detections it counts', () => {
  expect(ids([rule('top', 'middle', 'low'), rule('middle', 'low'), rule('low', 'base')])).toEqual([
    'low',
    'middle',
    'top',
  ]);
});

test('rules that count none keep their order', () => {
  expect(ids([rule('b', 'x'), rule('a', 'x')])).toEqual(['b', 'a']);
});

test('a rule that fires for each match has its own id for an input', () => {
  expect(rulesInnerFirst([aRule({ kind: 'match', id: 'base', inputs: ['base'] })])).toHaveLength(1);
});

test('a circle is a bug of the loader', () => {
  expect(() => rulesInnerFirst([rule('a', 'b'), rule('b', 'a')])).toThrow('counts its own detections');
});
