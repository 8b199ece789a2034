import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { loadRuleSet } from '../../../src/setup/load-rule-set.ts';
import { UserError } from '../../../src/setup/user-error.ts';

let root = '';
const file = (name: string) => join(root, name);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sidewatch-rule-set-'));
  writeFileSync(
    file('mine.yml'),
    `title: Mine
id: mine
logsource: {product: kubernetes, service: audit}
detection:
  s: {sourceIPs|cidr|expand: '%scanners%'}
  condition: s
`,
  );
  writeFileSync(file('scanners.txt'), '192.0.2.0/24\n');
});

afterAll(() => rmSync(root, { recursive: true }));

function rulesOf(rules: Record<string, unknown>) {
  const text = JSON.stringify({ rules: { packs: [], files: [file('mine.yml')], ...rules } });
  const loaded = loadConfig({ path: 'c.yaml', text }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  return loaded.config.rules;
}

const refusal = (rules: Record<string, unknown>): readonly string[] => {
  try {
    loadRuleSet(rulesOf(rules));
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};

test('what the configuration says of lists and overrides is in force', () => {
  const { rules, warnings } = loadRuleSet(
    rulesOf({
      lists: { scanners: { file: file('scanners.txt') } },
      overrides: [{ rule: 'mine', level: 'high', score: 12 }],
    }),
  );
  expect(rules).toMatchObject([{ id: 'mine', level: 'high', risk: { score: 12 } }]);
  expect(warnings).toEqual([]);
});

test('everything that is wrong is told at once, and a rule is not blamed for a list that cannot be read', () => {
  expect(
    refusal({
      lists: { scanners: { file: file('gone.txt') } },
      overrides: [{ rule: 'mine', threshold: 3 }, { rule: 'mine' }],
    }),
  ).toEqual([
    `rules.lists.scanners          ${file('gone.txt')} cannot be read: no such file`,
    expect.stringMatching(/^rules\.overrides\[1\] {12}changes nothing/),
    'rules.overrides[0].threshold  does not apply to "Mine": it fires for each event and has no threshold',
  ]);
});

test('a profile or a file that is not there is told by name', () => {
  expect(refusal({ profiles: ['escu-2062'], lists: { scanners: [] } })).toEqual([
    '"escu-2062" is not a profile; did you mean "escu-2026"?',
  ]);
  expect(refusal({ files: [file('none.yml')] })).toEqual([`${file('none.yml')} matches no rule file`]);
});

test('with keepValid rules, lists and files with an error are left out, each with its place', () => {
  writeFileSync(
    file('plain.yml'),
    'title: Plain\nlogsource: {product: kubernetes, service: audit}\ndetection: {s: {verb: get}, condition: s}\n',
  );
  const rules = rulesOf({
    files: [file('none.yml'), file('mine.yml'), file('plain.yml')],
    lists: { scanners: { file: file('gone.txt') } },
  });
  const place = (path: readonly (string | number)[]) => `c.yaml:${path.length}`;
  const { rules: kept, leftOut } = loadRuleSet(rules, { place, keepValid: true });
  expect(kept.map(({ title }) => title)).toEqual(['Plain']);
  expect(leftOut.map(({ where, message }) => `${where}  ${message}`)).toEqual([
    `c.yaml:3  rules.files[0]  ${file('none.yml')} matches no rule file`,
    `c.yaml:3  rules.lists.scanners  ${file('gone.txt')} cannot be read: no such file`,
    expect.stringContaining(`${file('mine.yml')}:5  detection.s.sourceIPs|cidr|expand: `),
  ]);
});

test('the profile of a pack changes the pack', () => {
  const { rules } = loadRuleSet(rulesOf({ packs: ['escu'], files: [], profiles: ['escu-2026'] }));
  expect(rules.length).toBeGreaterThan(0);
  expect(new Set(rules.filter(({ silent }) => !silent).map(({ risk }) => risk.score))).toEqual(new Set([20]));
});

test.each(['docs/rules.md', 'README.md'])('the tuning that %s shows is without a fault', (path) => {
  const document = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const example = Array.from(document.matchAll(/```yaml\n([\s\S]*?)```/g), ([, text]) => text!).find((text) =>
    text.includes('overrides:'),
  );
  const loaded = loadConfig({ path, text: example! }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const { warnings } = loadRuleSet(loaded.config.rules);
  expect(warnings.filter(({ where }) => where.startsWith('rules.'))).toEqual([]);
});

test('a rule file that is a link to itself is told like any other that cannot be read', () => {
  symlinkSync('loop.yml', file('loop.yml'));
  expect(refusal({ files: [file('loop.yml')] })).toMatchObject([
    `${file('loop.yml')} cannot be read: ELOOP: too many symbolic links encountered`,
  ]);
});
