import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readYaml } from '../../../src/lib/yaml-source.ts';
import { loadRules } from '../../../src/rules/assembly/load-rules.ts';
import { MODIFIERS } from '../../../src/rules/detection/modifiers.ts';
import type { AuditEvent } from '../../support/events.ts';
import { hits, rule } from './loaded.ts';

// The language as data: conformance/*.yml. A vector has an item (one selection) or a whole detection, and events that match
// it or miss it; or what is said where it is refused.
interface Vector {
  readonly name?: string;
  readonly item?: unknown;
  readonly detection?: unknown;
  readonly match?: readonly AuditEvent[];
  readonly miss?: readonly AuditEvent[];
}

interface Refusal {
  readonly item: Readonly<Record<string, unknown>>;
  readonly says: string;
  /** What the path of the problem has behind the item's. */
  readonly at?: string;
}

const LISTS = new Map<string, readonly (string | number)[]>([
  ['trusted', ['registry.example.com/', 'quay.io/acme*']],
  ['names', ['alice', 'Bob', 7]],
  ['nets', ['10.0.0.0/8', '2001:db8::/32']],
  ['net', ['192.0.2']],
  ['limits', ['22', 6]],
  ['empty', []],
  ['special', ['a.b*', 'c\\*']],
]);

const folder = new URL('conformance/', import.meta.url);

function read<T>(file: string): readonly T[] {
  const { documents, errors } = readYaml(readFileSync(new URL(file, folder), 'utf8'));
  if (errors.length > 0) throw new Error(`${file}: ${JSON.stringify(errors)}`);
  return documents[0]!.value as readonly T[];
}

/** JSON has no NaN. */
function loaded(detection: unknown) {
  const text = JSON.stringify(detection, (_, value) => (Number.isNaN(value) ? 'NaN' : value));
  const body = `detection: ${text.replaceAll('"NaN"', '.nan')}\n`;
  return loadRules([{ path: 'a.yml', ruleset: 'a', text: rule(body) }], { lists: LISTS });
}

const files = readdirSync(folder).filter((file) => file !== 'refused.yml');

describe.each(files)('%s', (file) => {
  const vectors = read<Vector>(file).map((vector) => {
    const { detection = { s: vector.item, condition: 's' } } = vector;
    return [vector.name ?? JSON.stringify(vector.item ?? detection), detection, vector] as const;
  });

  test.each(vectors)('%s', (_, detection, { match = [], miss = [] }) => {
    const rules = loaded(detection);
    if ('problems' in rules) throw new Error(JSON.stringify(rules.problems));
    for (const event of match) expect([event, hits(rules.ruleSet, event).length]).toEqual([event, 1]);
    for (const event of miss) expect([event, hits(rules.ruleSet, event).length]).toEqual([event, 0]);
    expect(match.length + miss.length).toBeGreaterThan(0);
  });
});

test('every modifier has a vector that matches, one that misses, and one where it is refused', () => {
  const named = (all: readonly unknown[]) => new Set(JSON.stringify(all).match(/(?<=\|)\w+/g));
  const vectors = files.flatMap((file) => read<Vector>(file));
  const asked = (some: readonly Vector[]) => named(some.map(({ item, detection }) => item ?? detection));
  const modifiers = new Set(Object.keys(MODIFIERS));
  const lacking = (has: ReadonlySet<string>) => [...modifiers].filter((modifier) => !has.has(modifier));
  expect(lacking(asked(vectors.filter(({ match }) => match)))).toEqual([]);
  expect(lacking(asked(vectors.filter(({ miss }) => miss)))).toEqual([]);
  expect(lacking(named(read<Refusal>('refused.yml').map(({ item }) => item)))).toEqual([]);
});

describe('refused.yml', () => {
  test.each(read<Refusal>('refused.yml').map((refusal) => [JSON.stringify(refusal.item), refusal] as const))(
    '%s',
    (_, { item, says, at = '' }) => {
      const rules = loaded({ s: item, condition: 's' });
      const [key] = Object.keys(item);
      expect('problems' in rules ? rules.problems.map(({ message }) => message) : []).toEqual([
        `detection.s.${key}${at}: ${says}`,
      ]);
    },
  );
});
