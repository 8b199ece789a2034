import { describe, expect, test } from 'vitest';
import type { Bound, Seen } from '../../../src/model/rule.ts';
import { holds, leastCount, meets } from '../../../src/semantics/condition.ts';

const bound = (op: Bound['op'], value: number): Bound => ({ op, value });

describe('a figure', () => {
  test.each([
    ['gt', 5, [6]],
    ['gte', 5, [5, 6]],
    ['lt', 5, [4]],
    ['lte', 5, [4, 5]],
    ['eq', 5, [5]],
    ['neq', 5, [4, 6]],
  ] as const)('is %s 5 where it is', (op, value, met) => {
    expect([4, 5, 6].filter((figure) => meets(figure, [bound(op, value)]))).toEqual(met);
  });

  test('is within a range where it meets both bounds', () => {
    const range = [bound('gt', 3), bound('lte', 5)];
    expect([3, 4, 5, 6].filter((figure) => meets(figure, range))).toEqual([4, 5]);
  });
});

describe('the least count', () => {
  test.each([
    ['more than 5', [bound('gt', 5)], 6],
    ['5 or more', [bound('gte', 5)], 5],
    ['more than 4.5', [bound('gt', 4.5)], 5],
    ['4.5 or more', [bound('gte', 4.5)], 5],
    ['none or more', [bound('gte', 0)], 1],
    ['anything', [], 1],
  ] as const)('that is %s', (_, condition, least) => {
    expect(leastCount(condition)).toBe(least);
  });

  test.each(['lt', 'lte', 'eq', 'neq'] as const)('is none for %s, which a greater one can fail', (op) => {
    expect(leastCount([bound('gte', 2), bound(op, 5)])).toBeUndefined();
  });
});

describe('what was seen', () => {
  const [a, b] = ['a', 'b'].map((id): Seen => ({ kind: 'input', id })) as [Seen, Seen];

  test.each([
    ['a and b', { kind: 'all', of: [a, b] }, ['a,b']],
    ['a or b', { kind: 'any', of: [a, b] }, ['a', 'b', 'a,b']],
    ['a and not b', { kind: 'all', of: [a, { kind: 'not', of: b }] }, ['a']],
  ] as const)('is %s', (_, seen, held) => {
    const all = ['', 'a', 'b', 'a,b'];
    expect(all.filter((ids) => holds(seen, new Set(ids.split(','))))).toEqual(held);
  });
});
