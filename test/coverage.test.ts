import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { attackLayer, layerText } from './support/attack-layer.ts';
import { auditNeed } from './support/audit-level.ts';
import { type BundledRule, bundledRules } from './support/bundled-rules.ts';
import { type Packs, readEntries } from './support/coverage-entries.ts';
import { coveragePage } from './support/coverage-page.ts';

// docs/coverage.md and docs/attack-navigator.json say what the bundled rules are now.

const COMMAND = 'DOCS=update npx --no vitest -- run --config test/vitest.config.ts test/coverage.test.ts';
const DOCS = new URL('../docs/', import.meta.url);
const LIST = 'docs/coverage.yml';

const read = (name: string): string => readFileSync(new URL(name, DOCS), 'utf8');

function generated(name: string, text: string): void {
  if (process.env['DOCS'] === 'update' && !process.env['CI']) writeFileSync(new URL(name, DOCS), text);
  expect(read(name), `docs/${name} is not what the rules are now; write it anew: ${COMMAND}`).toBe(text);
}

/** Names of the tests beside a rule in which it must fire. */
function firingTests({ name, file }: BundledRule): readonly string[] {
  const text = readFileSync(new URL(`../${file.replace(/\.yml$/, '.test.yml')}`, import.meta.url), 'utf8');
  const { tests } = TEST_FILE.parse(parse(text));
  return tests.filter(({ fires }) => fires.some(({ rule }) => rule === name)).map((test) => test.name);
}

const TEST_FILE = z.object({
  tests: z.array(z.object({ name: z.string(), fires: z.array(z.object({ rule: z.string() })) })),
});

describe('the bundled rules', () => {
  const packs: Packs = { sidewatch: bundledRules('sidewatch'), escu: bundledRules('escu') };
  const found = readEntries(LIST, read('coverage.yml'), packs);
  const entries = 'entries' in found ? found.entries : [];
  const page = coveragePage(entries, packs, COMMAND);

  test('docs/coverage.yml names each of them, and none that is not there', () => {
    expect(found).not.toHaveProperty('problems');
    expect(entries.length).toBeGreaterThan(90);
  });

  const firing = new Map(
    [...packs.sidewatch.values(), ...packs.escu.values()].map((one) => [one.name, firingTests(one)]),
  );

  test('each rule that docs/coverage.yml names has a test in which it fires', () => {
    const named = new Set(entries.flatMap(({ rules, escu }) => [...rules, ...escu]));
    expect([...named].filter((name) => firing.get(name)?.length === 0)).toEqual([]);
  });

  test('the tests that docs/coverage.yml names are there, and a rule of their row fires in them', () => {
    const missing = entries.flatMap(({ detection, rules, tests = [] }) => {
      const fires = new Set(rules.flatMap((name) => firing.get(name)!));
      return tests.filter((name) => !fires.has(name)).map((name) => `${detection}: ${name}`);
    });
    expect(missing).toEqual([]);
    expect(entries.filter(({ tests }) => tests !== undefined).length).toBeGreaterThan(5);
  });

  test('docs/coverage.md is made from them', () => {
    generated('coverage.md', page);
  });

  test('docs/attack-navigator.json is made from them', () => {
    generated('attack-navigator.json', layerText(attackLayer([...packs.sidewatch.values()])));
  });

  test('the tables of docs/coverage.md are whole: a row has as many cells as its head', () => {
    const tables = page.split('\n\n').filter((part) => part.startsWith('|'));
    expect(tables.length).toBeGreaterThan(10);
    for (const table of tables) {
      const cells = table
        .trim()
        .split('\n')
        .map((row) => row.split(/(?<!\\)\|/).length);
      expect(new Set(cells).size, table).toBe(1);
    }
  });

  test('the links of docs/coverage.md lead somewhere', () => {
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(
      (found) => `#${found[1]!.toLowerCase().replaceAll(' ', '-')}`,
    );
    for (const [, to = ''] of page.matchAll(/\]\(([^)]*)\)/g))
      if (to.startsWith('#')) expect(headings).toContain(to);
      else expect(() => read(to)).not.toThrow();
  });

  test('docs/attack-navigator.json is a layer of format 4.5', () => {
    const color = z.string().regex(/^#[0-9a-f]{6}$/);
    const layer = z
      .strictObject({
        name: z.string().min(1),
        versions: z.strictObject({
          attack: z.string().regex(/^\d+$/),
          navigator: z.string().regex(/^(4\.9|[5-9]\.)/),
          layer: z.literal('4.5'),
        }),
        domain: z.literal('enterprise-attack'),
        description: z.string(),
        filters: z.strictObject({ platforms: z.array(z.string()) }),
        sorting: z.number().int().min(0).max(3),
        layout: z.strictObject({
          layout: z.enum(['side', 'flat', 'mini']),
          showID: z.boolean(),
          showName: z.boolean(),
          expandedSubtechniques: z.enum(['none', 'all', 'annotated']),
        }),
        hideDisabled: z.boolean(),
        techniques: z.array(
          z.strictObject({
            techniqueID: z.string().regex(/^T\d{4}(\.\d{3})?$/),
            tactic: z
              .string()
              .regex(/^[a-z-]+$/)
              .optional(),
            score: z.number().int().positive(),
            comment: z.string().min(1),
          }),
        ),
        gradient: z.strictObject({
          colors: z.array(color).min(2),
          minValue: z.number(),
          maxValue: z.number(),
        }),
        legendItems: z.array(z.strictObject({ label: z.string(), color })),
      })
      .parse(JSON.parse(read('attack-navigator.json')));
    expect(layer.gradient.maxValue).toBeGreaterThan(layer.gradient.minValue);
    const places = layer.techniques.map(({ techniqueID, tactic }) => `${techniqueID} ${tactic}`);
    expect(new Set(places).size).toBe(places.length);
  });

  test.each([
    ['a rule of the metadata alone', 'kubernetes_api_scanning', 'Metadata', 'Metadata'],
    ['one of what was written', 'kubernetes_privileged_pod', 'Request', 'Request'],
    [
      'one that takes another sign where nothing was logged',
      'kubernetes_certificate_approved',
      'Metadata',
      'Request',
    ],
    [
      'one that reads the answer to a patch too',
      'kubernetes_cluster_admin_binding',
      'Request',
      'RequestResponse',
    ],
    ['one of keywords', 'kubernetes_configmap_with_credentials', 'Request', 'Request'],
    ['one that counts another rule', 'kubernetes_scan_then_access', 'Metadata', 'Metadata'],
  ])('%s (%s) needs the audit level %s and sees more up to %s', (_, name, least, most) => {
    expect(packs.sidewatch.get(name)?.audit).toEqual({ least, most });
  });
});

const rule = (name: string, more: Partial<BundledRule> = {}): BundledRule => ({
  name,
  file: `rules/sidewatch/${name}.yml`,
  level: 'high',
  score: 60,
  refusedScore: undefined,
  tags: [],
  audit: { least: 'Metadata', most: 'Metadata' },
  off: false,
  ...more,
});

const byName = (...rules: BundledRule[]) => new Map(rules.map((one) => [one.name, one]));

describe('the list is refused', () => {
  const packs: Packs = { sidewatch: byName(rule('pod_exec')), escu: byName(rule('escu_exec')) };
  const GOOD =
    'detection: a\n  tactic: execution\n  peers: [splunk]\n  rules: [pod_exec]\n  escu: [escu_exec]';

  test('not, where all is well', () => {
    expect(readEntries('x.yml', `- ${GOOD}`, packs)).toEqual({
      entries: [
        {
          detection: 'a',
          tactic: 'execution',
          peers: ['splunk'],
          unread: [],
          rules: ['pod_exec'],
          escu: ['escu_exec'],
        },
      ],
    });
  });

  test.each([
    [
      'with a rule that is not there',
      'detection: b\n  tactic: impact\n  rules: [pod_exce]',
      'x.yml:8  no rule of the pack sidewatch that can fire has the name "pod_exce"; did you mean "pod_exec"?',
    ],
    [
      'with a rule of the other pack',
      'detection: b\n  tactic: impact\n  rules: [pod_exec]\n  peers: [splunk]\n  escu: [something_else]',
      'x.yml:10  no rule of the pack escu that can fire has the name "something_else"',
    ],
    [
      'with a detection that has neither rules nor a reason',
      'detection: b\n  tactic: impact\n  peers: [falco]',
      'x.yml:6  "b" has neither rules nor why; say which rules tell it, or why none can',
    ],
    [
      'with a detection of ESCU alone, which the default pack does not tell',
      'detection: b\n  tactic: impact\n  peers: [splunk]\n  escu: [escu_exec]',
      'x.yml:6  "b" has neither rules nor why; say which rules tell it, or why none can',
    ],
    [
      'with a detection that stands twice',
      'detection: a\n  tactic: impact\n  rules: [pod_exec]',
      'x.yml:6  "a" stands twice',
    ],
    [
      'with a peer both read and unread',
      'detection: b\n  tactic: impact\n  rules: [pod_exec]\n  peers: [scc]\n  unread: [scc]',
      'x.yml:10  scc is also among peers',
    ],
    [
      'with a rule of ESCU that is not Splunk’s',
      'detection: b\n  tactic: impact\n  rules: [pod_exec]\n  escu: [escu_exec]',
      "x.yml:9  ESCU is Splunk's: splunk belongs to peers",
    ],
    ['with a tactic that is none', 'detection: b\n  tactic: impakt\n  why: c', /^x\.yml:7 {2}tactic: /],
    [
      'with a peer that is none',
      'detection: b\n  tactic: impact\n  why: c\n  peers: [falcon]',
      /^x\.yml:9 {2}peers\.0: /,
    ],
    [
      'with a rule named twice in one place',
      'detection: b\n  tactic: impact\n  rules: [pod_exec, pod_exec]',
      'x.yml:8  rules: says something twice',
    ],
    ['with a key that is none', 'detection: b\n  tactic: impact\n  because: c', /^x\.yml:6 {2}.*because/],
    ['with broken YAML', 'detection: [', /^x\.yml:\d+ {2}/],
    ['with a second document', 'detection: b\n---\n- c', 'x.yml  wants one YAML document, has 2'],
  ])('%s', (_, entry, problem) => {
    const found = readEntries('x.yml', `- ${GOOD}\n- ${entry}\n`, packs);
    expect(found).toEqual({ problems: [expect.stringMatching(problem)] });
    if (typeof problem === 'string') expect(found).toEqual({ problems: [problem] });
  });

  test('where no detection names a rule', () => {
    const more = { ...packs, sidewatch: byName(rule('pod_exec'), rule('forgotten')) };
    expect(readEntries('x.yml', `- ${GOOD}`, more)).toEqual({
      problems: [
        'x.yml  no detection names forgotten (rules/sidewatch/forgotten.yml); add it to the one that it tells',
      ],
    });
  });
});

describe('a page', () => {
  const packs: Packs = {
    sidewatch: byName(
      rule('one', { refusedScore: 20, audit: { least: 'Request', most: 'RequestResponse' } }),
      rule('two', { level: 'low', score: 5, audit: { least: 'Metadata', most: 'Request' } }),
      rule('three', { audit: { least: 'RequestResponse', most: 'RequestResponse' } }),
    ),
    escu: byName(rule('four', { off: true })),
  };
  const text = `
- {detection: a | b, tactic: execution, peers: [falco, splunk], unread: [scc], rules: [one, two], escu: [four]}
- {detection: c, tactic: execution, peers: [falco], rules: [three], why: Only half.}
- {detection: d, tactic: impact, peers: [falco], why: Nowhere.}
- {detection: e, tactic: impact, rules: [one]}`;
  const found = readEntries('x.yml', text, packs);
  const page = coveragePage('entries' in found ? found.entries : [], packs, 'make it');

  test('tells level, score, the score of what was refused, and which bodies a rule needs', () => {
    const link = (name: string) => `[${name}](../rules/sidewatch/${name}.yml)`;
    expect(page).toContain(
      `| a \\| b | ${link('one')} high 60 (20), needs body, more with the answer's<br>${link('two')} low 5, more with body | [four](../rules/sidewatch/four.yml) off | ● |  | ● |  |  | ○ |  |  |  |`,
    );
    expect(page).toContain(`| c (**in part**) | ${link('three')} high 60, needs the answer's body |  | ● |`);
    expect(page).toContain('| d (**not covered**) |  |  | ● |');
  });

  test('counts what is covered, by tactic and by peer, and not what is beyond the peers', () => {
    expect(page).toContain('| Execution | 1 of 2 | 1 | 0 |');
    expect(page).toContain('| Impact | 0 of 1 | 0 | 1 |');
    expect(page).toContain('| **all** | 1 of 3 | 1 | 1 |');
    expect(page).toContain('| Falco | 1 of 3 | 1 | 1 |');
    expect(page).toContain('| SCC | 1 of 1 | 0 | 0 |');
  });

  test('gives the reasons', () => {
    expect(page).toContain('cannot show:\n\n- **d.** Nowhere.\n');
    expect(page).toContain('in part:\n\n- **c.** Only half.\n');
    expect(page).toMatch(/## Beyond the peers[\s\S]*\| e \| Impact \| \[one\]/);
  });
});

describe('a layer', () => {
  const techniques = (...rules: BundledRule[]) => attackLayer(rules).techniques;

  test('counts rules by technique, under the tactics that technique and rule share', () => {
    const a = rule('a', { tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1098.006'] });
    const b = rule('b', { tags: ['attack.execution', 'attack.persistence', 'attack.t1098.006'] });
    expect(techniques(b, a)).toEqual([
      { techniqueID: 'T1098.006', tactic: 'persistence', score: 2, comment: 'a, b' },
      { techniqueID: 'T1098.006', tactic: 'privilege-escalation', score: 1, comment: 'a' },
    ]);
  });

  test('leaves the tactic open where it is not known', () => {
    expect(techniques(rule('a', { tags: ['attack.execution', 'attack.t1046', 'attack.t9999'] }))).toEqual([
      { techniqueID: 'T1046', score: 1, comment: 'a' },
      { techniqueID: 'T9999', score: 1, comment: 'a' },
    ]);
  });
});

describe('what a condition needs of the audit policy', () => {
  const body = { kind: 'exists', field: 'requestObject.spec' } as const;
  const answer = { kind: 'exists', field: 'responseObject' } as const;
  const verb = { kind: 'exists', field: 'verb' } as const;

  test.each([
    ['a field of the metadata', verb, 'Metadata', 'Metadata'],
    ['a body and a field', { kind: 'all', of: [verb, body] }, 'Request', 'Request'],
    ['a body or a field', { kind: 'any', of: [verb, body] }, 'Metadata', 'Request'],
    ['either body', { kind: 'any', of: [body, answer] }, 'Request', 'RequestResponse'],
    ['both bodies', { kind: 'all', of: [body, answer] }, 'RequestResponse', 'RequestResponse'],
    ['a field and not a body', { kind: 'all', of: [verb, { kind: 'not', of: body }] }, 'Metadata', 'Request'],
    ['no body', { kind: 'null', field: 'requestObject' }, 'Metadata', 'Request'],
    [
      'a body that is not missing',
      { kind: 'not', of: { kind: 'null', field: 'requestObject' } },
      'Request',
      'Request',
    ],
    [
      'a member of a body',
      { kind: 'members', field: 'requestObject.rules', quantifier: 'any', of: verb },
      'Request',
      'Request',
    ],
    [
      'no member of a body',
      { kind: 'members', field: 'requestObject.rules', quantifier: 'none', of: verb },
      'Metadata',
      'Request',
    ],
    [
      'a field that only sounds like a body',
      { kind: 'exists', field: 'requestObjects' },
      'Metadata',
      'Metadata',
    ],
  ] as const)('%s', (_, expression, least, most) => {
    expect(auditNeed(expression)).toEqual({ least, most });
  });
});
