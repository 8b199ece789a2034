import { expect, test } from 'vitest';
import type { Rule } from '../../../src/model/rule.ts';
import { countingRules } from '../../../src/semantics/counting-rules.ts';

const rule = (id: string, ...inputs: readonly string[]) => ({ id, inputs }) as unknown as Rule;

test('a base rule is counted by rules that name it, and by those that count these', () => {
  const countedBy = countingRules([
    rule('alone', 'alone'),
    rule('scan', 'refused', 'other'),
    rule('chained', 'scan', 'chained'),
  ]);
  expect(countedBy('alone')).toEqual(['alone']);
  expect(countedBy('refused')).toEqual(['refused', 'scan', 'chained']);
  expect(countedBy('nothing')).toEqual(['nothing']);
});
