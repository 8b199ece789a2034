import { expect, test } from 'vitest';
import { hitsNeeded } from '../../../../src/commands/rules/hits-needed.ts';
import { minutes, span } from '../../../../src/lib/time-format.ts';
import type { Rule } from '../../../../src/model/rule.ts';
import { spanText, windowText } from '../../../../src/rules/explain/window-text.ts';
import { aHit, aRule, tumbling } from '../../../support/hits.ts';

const nameOf = (id: string) => id.toUpperCase();
const words = (more: Partial<Rule>) => windowText(aRule(more), nameOf);

test.each([
  [0, '0s'],
  [90_000_000, '90s'],
  [600_000_000, '10m'],
  [3_600_000_000, '1h'],
  [5_400_000_000, '90m'],
  [172_800_000_000, '2d'],
])('%d microseconds are %s', (length, text) => {
  expect(spanText(span(length))).toBe(text);
});

test('a window in words', () => {
  expect(words({})).toBe('> 5 in 1h by client.address, sliding');
  expect(words({ groupBy: [] })).toBe('> 5 in 1h, sliding');
  expect(words({ kind: 'match' })).toBe('each event');
  expect(words({ window: tumbling })).toBe('> 5 in 1h by client.address, tumbling, offset 50m');
  const quiet = { kind: 'sliding', quiet: minutes(1440), lateness: minutes(10) } as const;
  expect(words({ window: quiet })).toBe('> 5 in 1h by client.address, sliding, once in 1d');
  expect(words({ kind: 'value_count', conditionFields: ['verb', 'requestURI'] })).toMatch(
    /^distinct verb, requestURI > 5 in 1h/,
  );
  const range = [
    { op: 'gte', value: 2 },
    { op: 'lte', value: 4 },
  ] as const;
  expect(words({ kind: 'value_avg', conditionFields: ['x'], condition: range })).toMatch(
    /^average of x >= 2 and <= 4 in/,
  );
  expect(words({ kind: 'value_percentile', conditionFields: ['x'], percentile: 95 })).toMatch(
    /^percentile 95 of x > 5 in/,
  );
});

test('a window in words names as many group fields as asked', () => {
  expect(windowText(aRule({ groupBy: ['a', 'b', 'c'] }), nameOf, 2)).toBe(
    '> 5 in 1h by a, b and 1 more, sliding',
  );
});

test('temporal windows in words, by the names of what they count', () => {
  const both = { inputs: ['a', 'b'], condition: [{ op: 'gte', value: 2 }] } as const;
  expect(words({ kind: 'temporal', ...both })).toMatch(/^A and B in 1h/);
  expect(words({ kind: 'temporal_ordered', ...both })).toMatch(/^A then B in 1h/);
  expect(words({ kind: 'temporal', ...both, condition: [{ op: 'gte', value: 1 }] })).toMatch(
    /^>= 1 of A, B in/,
  );
  const seen = {
    kind: 'all',
    of: [
      { kind: 'input', id: 'a' },
      { kind: 'not', of: { kind: 'input', id: 'b' } },
    ],
  } as const;
  expect(words({ kind: 'temporal', ...both, seen })).toMatch(/^\(A and not B\) in 1h/);
});

test('what a rule needs beside one event', () => {
  const hit = aHit(0, { values: { verb: ['get'] } });
  const needs = (more: Partial<Rule>) => hitsNeeded(aRule(more), [hit], nameOf);
  expect(needs({})).toEqual(['5 more events like this one within 1h, all of the same group']);
  expect(needs({ condition: [{ op: 'gte', value: 2 }], groupBy: [] })).toEqual([
    '1 more event like this one within 1h',
  ]);
  expect(needs({ condition: [{ op: 'lt', value: 2 }] })).toEqual([
    'needs < 2 within 1h, all of the same group',
  ]);
  expect(needs({ kind: 'value_count', conditionFields: ['verb'] })).toEqual([
    'needs distinct verb > 5 within 1h, all of the same group',
    'this event adds get',
  ]);
  expect(needs({ kind: 'value_sum', conditionFields: ['x'] })[1]).toBe('this event has no x to count');
  expect(needs({ kind: 'temporal', inputs: ['base', 'b'], condition: [{ op: 'gte', value: 2 }] })).toEqual([
    'needs BASE and B within 1h, all of the same group',
    'not yet seen: B',
  ]);
});
