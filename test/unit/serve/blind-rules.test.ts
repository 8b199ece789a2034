import { expect, test } from 'vitest';
import { warnOfBlindRules } from '../../../src/serve/blind-rules.ts';
import type { RulesInForce } from '../../../src/serve/rules-in-force.ts';

function inForce(hash: string, unseen: Readonly<Record<string, number>>): RulesInForce {
  const bases = Object.keys(unseen).map((id) => ({ id, document: { head: { title: `Rule ${id}` } } }));
  return {
    loaded: { hash, ruleSet: { bases } },
    detector: () => ({ unseen: () => new Map(Object.entries(unseen)) }),
  } as unknown as RulesInForce;
}

function said(...looks: readonly RulesInForce[]): string[] {
  const lines: string[] = [];
  const warn = (text: string) => void lines.push(text);
  let now = looks[0]!;
  const look = warnOfBlindRules(
    {
      get loaded() {
        return now.loaded;
      },
      detector: () => now.detector(),
    } as RulesInForce,
    { info: warn, warn, error: warn },
  );
  for (const one of looks) {
    now = one;
    look();
  }
  return lines;
}

test('blind rules are named once for each rule set', () => {
  const lines = said(
    inForce('one', { a: 99 }),
    inForce('one', { a: 100, b: 3 }),
    inForce('one', { a: 200, b: 300 }),
    inForce('two', { b: 300 }),
  );
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^1 rule reads .*level Request.*\(Rule a; all: rules list --live\)$/);
  expect(lines[1]).toMatch(/Rule b/);
});

test('a warning names only some of many rules', () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i), 500]));
  expect(said(inForce('one', many))[0]).toMatch(/^9 rules read .*Rule 4, …; all:/);
});

test('there is no warning without a blind rule', () => {
  expect(said(inForce('one', {}))).toEqual([]);
});
