import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { geoOf, loadingDetector } from '../../../src/setup/detector.ts';

let root = '';
const file = (name: string) => join(root, name);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sidewatch-long-lists-'));
});

afterAll(() => rmSync(root, { recursive: true }));

/** The steps of loading one rule with one item, whose list `long` has these values. */
function stepsOf(item: string, values: readonly string[]): number {
  writeFileSync(
    file('mine.yml'),
    `title: Mine
id: mine
logsource: {product: kubernetes, service: audit}
detection: {s: {${item}}, condition: s}
`,
  );
  writeFileSync(file('long.txt'), values.join('\n'));
  const rules = { packs: [], files: [file('mine.yml')], lists: { long: { file: file('long.txt') } } };
  const loaded = loadConfig({ path: 'c.yaml', text: JSON.stringify({ rules }) }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const geo = geoOf(loaded.config);
  return [...loadingDetector(loaded.config, geo)].length;
}

const THOUSANDS = 12;
const many = (named: (i: number) => string) => Array.from({ length: THOUSANDS * 1000 }, (_, i) => named(i));

// In all of them: reading it, expanding it, taking out the texts for the reader. Digests count characters.
test.each([
  // The needs, the plan, indexes, a set, rows of the index, a rule's test, the reader's table.
  ['texts', 10, "userAgent|expand: '%long%'", many((i) => `agent-${i}/`)],
  // A rule's tests of three kinds, and the networks.
  ['networks', 7, "sourceIPs|cidr|expand: '%long%'", many((i) => `10.${i >> 8}.${i & 255}.0/24`)],
])('each pass over a list of %s is a step for every 1,000 values', (_, passes, item, values) => {
  const more = stepsOf(item, values) - stepsOf(item, values.slice(0, 1));
  expect(more).toBeGreaterThanOrEqual(passes * THOUSANDS);
});
