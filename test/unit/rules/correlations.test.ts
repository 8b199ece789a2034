import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readYaml } from '../../../src/lib/yaml-source.ts';
import { good, problems } from './loaded.ts';

interface Vector {
  readonly it: string;
  readonly correlation: Readonly<Record<string, unknown>>;
  readonly sidewatch?: unknown;
  readonly gives?: Readonly<Record<string, unknown>>;
  readonly refused?: string;
}

const [document] = readYaml(readFileSync(new URL('correlations.yml', import.meta.url), 'utf8')).documents;
const vectors = document!.value as readonly Vector[];

/** JSON is YAML: a document on one line. */
const file = (head: string, rest: object) =>
  JSON.stringify({ title: head, id: `id-${head}`, name: head, ...rest });
const base = (name: string) =>
  file(name, {
    logsource: { product: 'kubernetes', service: 'audit' },
    detection: { s: { verb: name }, condition: 's' },
  });
const BESIDE = [
  ...['one', 'two', 'three', '_four'].map(base),
  file('burst', {
    correlation: { type: 'event_count', rules: ['one'], timespan: '1m', condition: { gte: 2 } },
  }),
];

function filesOf({ correlation, sidewatch }: Vector): readonly string[] {
  const { rules = ['one', 'two', 'three'], ...rest } = correlation;
  const block = { timespan: '10m', ...rest, ...(rules === null ? {} : { rules }) };
  return [file('it', { correlation: block, ...(sidewatch === undefined ? {} : { sidewatch }) }), ...BESIDE];
}

describe('a correlation gives what is written:', () => {
  test.each(vectors.filter(({ gives }) => gives !== undefined).map((vector) => [vector.it, vector] as const))(
    '%s',
    (_, vector) => {
      const found = good(filesOf(vector)).rules.find(({ id }) => id === 'id-it');
      expect(found).toMatchObject(vector.gives!);
      if (vector.gives!['seen'] === undefined) expect(found).not.toHaveProperty('seen');
    },
  );
});

describe('a correlation is refused for', () => {
  test.each(
    vectors.filter(({ refused }) => refused !== undefined).map((vector) => [vector.it, vector] as const),
  )('%s', (_, vector) => {
    expect(problems(filesOf(vector))).toEqual([`a.yml:1 ${vector.refused}`]);
  });
});

test('every vector says one of the two, and no two are called the same', () => {
  for (const { it, gives, refused } of vectors)
    expect([it, gives === undefined]).toEqual([it, refused !== undefined]);
  expect(new Set(vectors.map(({ it }) => it)).size).toBe(vectors.length);
});
