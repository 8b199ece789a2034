import { describe, expect, test } from 'vitest';
import type { Bound, Rule, Seen } from '../../../src/model/rule.ts';
import { revocable } from '../../../src/semantics/revocable.ts';

const bounds = (...ops: Bound['op'][]): readonly Bound[] => ops.map((op) => ({ op, value: 5 }));
const [a, b]: readonly [Seen, Seen] = [
  { kind: 'input', id: 'a' },
  { kind: 'input', id: 'b' },
];

describe('a late hit cannot revoke', () => {
  test.each(['match', 'event_count', 'value_count', 'temporal', 'temporal_ordered'] as const)(
    'a lower bound of %s',
    (kind) => {
      expect(revocable({ kind, condition: bounds('gt') })).toBe(false);
      expect(revocable({ kind, condition: bounds('gte') })).toBe(false);
    },
  );

  test('what must be seen', () => {
    const seen: Seen = { kind: 'all', of: [a, { kind: 'any', of: [a, b] }] };
    expect(revocable({ kind: 'temporal', condition: [], seen })).toBe(false);
  });
});

describe('a late hit can revoke', () => {
  test.each(['lt', 'lte', 'eq', 'neq'] as const)('a count that must be %s', (op) => {
    expect(revocable({ kind: 'event_count', condition: bounds(op) })).toBe(true);
  });

  test('a range', () => {
    expect(revocable({ kind: 'value_count', condition: bounds('gte', 'lte') })).toBe(true);
  });

  test.each(['value_sum', 'value_avg', 'value_percentile', 'value_median'] as const satisfies Rule['kind'][])(
    'any bound of %s, which can sink',
    (kind) => {
      expect(revocable({ kind, condition: bounds('gt') })).toBe(true);
    },
  );

  test('what must not be seen, however deep', () => {
    const seen: Seen = { kind: 'all', of: [a, { kind: 'any', of: [a, { kind: 'not', of: b }] }] };
    expect(revocable({ kind: 'temporal', condition: [], seen })).toBe(true);
  });
});
