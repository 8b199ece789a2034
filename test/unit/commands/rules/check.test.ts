import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkFiles } from '../../../../src/commands/rules/check.ts';
import { sarif } from '../../../../src/commands/rules/sarif.ts';
import { UserError } from '../../../../src/setup/user-error.ts';
import { ruleTrees } from './rule-tree.ts';

const tree = ruleTrees();
const NO_CONFIG = { path: 'sidewatch.yaml', lists: {} };

const HEAD = `title: Exec in a pod
id: 8f4bb1a0-1b1c-4e0a-9d0e-6f4f3f5a7c11
name: pod_exec
level: high
logsource: {product: kubernetes, service: audit}
`;
const GOOD = `${HEAD}detection: {exec: {objectRef.subresource: exec}, condition: exec}\n`;

/** `file:line kind level: message`, without the folder. */
function findings(root: string, paths = [root], packs: readonly string[] = [], config = NO_CONFIG) {
  return checkFiles(paths, packs, config).findings.map(
    ({ file, line, kind, level, message }) =>
      `${file.replace(`${root}/`, '')}:${line} ${kind} ${level}: ${message}`,
  );
}

describe('rules check', () => {
  test('finds nothing in good rules', () => {
    expect(findings(tree({ 'good.yml': GOOD }))).toEqual([]);
  });

  test('shows all findings of all files, by file and line, with their kind', () => {
    const root = tree({
      'a.yml': `${HEAD.replace('high', 'hihg')}detection:\n  exec: {verb: '*exec*'}\n  idle: {verb: get}\n  condition: exec\n`,
      'b.yml': `${HEAD.replace('pod_exec', 'other').replace(/id: .*\n/, '')}detection:\n  exec: {usr.name: exec}\n  condition: exec or exce\n`,
      'c.yml': 'title: [',
      'd.yml': `title: Count\nid: 1c9c2f2e-2a51-4a0a-8b8e-0a4c5f1f7d31\nlevel: low\ncorrelation: {type: event_count, rules: nobody, timespan: 1h, condition: {gte: 2}}\nsidewatch: {emmit: close}\n`,
      'e.yml': `title: F\nid: 2c9c2f2e-2a51-4a0a-8b8e-0a4c5f1f7d32\nlogsource: {product: kubernetes, service: audit}\nfilter: {rules: any, known: {verb: get}, condition: known}\n`,
    });
    expect(findings(root)).toEqual([
      expect.stringMatching(/^a\.yml:4 head error: level: .*did you mean "high"/),
      expect.stringMatching(/^a\.yml:7 detection lint: .*contains/),
      expect.stringMatching(/^a\.yml:8 detection warning: .*no condition uses/),
      expect.stringMatching(/^b\.yml:1 document lint: has no id/),
      expect.stringMatching(/^b\.yml:7 condition error: .*"exce" is no selection; did you mean "exec"/),
      expect.stringMatching(/^c\.yml:1 yaml error: not YAML/),
      expect.stringMatching(/^d\.yml:5 sidewatch error: .*did you mean "emit"/),
      expect.stringMatching(/^e\.yml:4 condition warning: .*most filters need "not"/),
    ]);
  });

  test('shows lints beside errors, and findings of good files beside bad ones', () => {
    const root = tree({ 'a.yml': 'title: [', 'b.yml': GOOD.replace('objectRef.sub', 'objectReff.sub') });
    expect(findings(root)).toEqual([
      expect.stringMatching(/^a\.yml:1 yaml error/),
      expect.stringMatching(/^b\.yml:\d+ detection warning: .*no audit event has objectReff/),
    ]);
  });

  test('knows rules of packs only with --packs, and has no findings about them', () => {
    const root = tree({
      'count.yml': `title: Count\nid: 1c9c2f2e-2a51-4a0a-8b8e-0a4c5f1f7d31\nlevel: low\ncorrelation: {type: event_count, rules: kubernetes_unauthenticated_failure, timespan: 1h, condition: {gte: 2}}\n`,
    });
    expect(findings(root)).toEqual([
      expect.stringMatching(/^count\.yml:4 correlation error: .*no rule has the id/),
    ]);
    expect(findings(root, [root], ['sidewatch'])).toEqual([]);
  });

  test('checks a file of a pack beside the others of that pack', () => {
    const file = new URL('../../../../rules/sidewatch/discovery/kubernetes_api_scanning.yml', import.meta.url)
      .pathname;
    expect(findings('', [file], ['sidewatch']).filter((line) => line.includes(' error:'))).toEqual([]);
  });

  test('fills in lists of the configuration, and shows what is wrong in them', () => {
    const root = tree({ 'a.yml': GOOD.replace('subresource: exec', "name|expand: '%names%'") });
    expect(findings(root)).toEqual([expect.stringMatching(/^a\.yml:6 detection error: .*names/)]);
    const config = (names: unknown) => ({ path: 'my.yaml', lists: { names, others: ['x'] } });
    expect(findings(root, [root], [], config(['a']))).toEqual([]);
    expect(findings(root, [root], [], config(7))).toEqual([
      expect.stringMatching(/^my\.yaml:1 setting error: rules\.lists\.names: wants a list/),
    ]);
    const placed = { ...config(7), place: () => 'my.yaml:4' };
    expect(findings(root, [root], [], placed)[0]).toMatch(/^my\.yaml:4 setting error: rules\.lists\.names/);
  });

  test('checks a file once that is named twice', () => {
    const root = tree({ 'a.yml': GOOD });
    expect(
      checkFiles([`${root}/a.yml`, `${root}/../${root.split('/').at(-1)}/a.yml`], [], NO_CONFIG),
    ).toEqual({
      findings: [],
      files: 1,
      rules: 1,
    });
  });

  const BODY = 'detection: {exec: {objectRef.subresource: exec}, condition: exec}\n';
  test.each([
    [
      'a name in the condition',
      GOOD.replace('condition: exec', 'condition: exce'),
      /:6 condition error: .*"exce"/,
    ],
    [
      'the key of the kind',
      GOOD.replace('detection:', 'detction:'),
      /:6 document error: .*did you mean "detection"/,
    ],
    [
      'an aggregation',
      `${HEAD}detection: {exec: {verb: get}, condition: exec | count() > 5, timeframe: 5m}\n`,
      /:6 condition error: .*aggregations after/,
    ],
    ['a file that is not YAML', `${HEAD} x: [\n${BODY}`, / yaml error: not YAML/],
    ['a rule for other logs', GOOD.replace('kubernetes', 'windows'), /:5 logsource lint: .*product: windows/],
    [
      'an unknown field in several places',
      `${GOOD}sidewatch: {risk: {message: $usr.name$, objects: [{field: usr.name, type: user}], collect: [usr.name]}}\n`,
      /:7 sidewatch warning: .*did you mean "user\.username"/,
    ],
  ])('has one message for %s', (_, content, message) => {
    expect(findings(tree({ 'a.yml': content }))).toEqual([expect.stringMatching(message)]);
  });

  test.each(['', '\n\n', '# a comment\n', '---\n# a\n---\n', '\ufeff'])(
    'an empty file is an error: %j',
    (content) => {
      const root = tree({ 'empty.yml': content, 'good.yml': GOOD });
      expect(findings(root)).toEqual(['empty.yml:1 document error: holds no rule']);
    },
  );

  test('counts the rules for Kubernetes audit logs', () => {
    const other = GOOD.replace('kubernetes', 'windows')
      .replace(/[0-9a-f]{8}-/, '00000000-')
      .replaceAll('pod_exec', 'win');
    const rules = (files: Record<string, string>) => checkFiles([tree(files)], [], NO_CONFIG).rules;
    expect(rules({ 'a.yml': GOOD, 'b.yml': other })).toBe(1);
    expect(rules({ 'b.yml': other })).toBe(0);
  });

  test('throws for a path that holds no rules', () => {
    expect(() => checkFiles([tree({ 'x.txt': '' })], [], NO_CONFIG)).toThrow(UserError);
  });

  test('throws for a file that is a link to itself, naming it', () => {
    const root = tree({ 'good.yml': GOOD });
    symlinkSync('loop.yml', join(root, 'loop.yml'));
    for (const path of [root, join(root, 'loop.yml')])
      expect(() => checkFiles([path], [], NO_CONFIG)).toThrow(
        `${join(root, 'loop.yml')} cannot be read: ELOOP: too many symbolic links encountered`,
      );
  });
});

describe('SARIF', () => {
  test('names a file below the root relative to it, others by URL, with line, level and rule', () => {
    const finding = { kind: 'detection', line: 7, message: 'detection: no' } as const;
    const log = JSON.parse(
      sarif(
        [
          { ...finding, level: 'error', file: 'rules/a b.yml' },
          { ...finding, level: 'warning', file: '/srv/rules/ü.yml' },
          { ...finding, level: 'lint', file: '../other.yml' },
          { ...finding, level: 'note', file: '/else where/x.yml' },
        ],
        '1.2.3',
        '/srv',
      ),
    );
    expect(log).toMatchObject({
      version: '2.1.0',
      $schema: expect.stringMatching(/^https:.*sarif-2\.1\.0\.json$/),
    });
    const [run] = log.runs;
    expect(run.tool.driver).toMatchObject({ name: 'sidewatch', version: '1.2.3' });
    expect(run.results).toMatchObject([
      { level: 'error', ruleId: 'detection', message: { text: 'detection: no' } },
      { level: 'warning' },
      { level: 'note' },
      { level: 'note' },
    ]);
    const places = run.results.map(
      ({ locations: [{ physicalLocation }] }: { locations: [{ physicalLocation: object }] }) =>
        physicalLocation,
    );
    expect(places).toEqual([
      { artifactLocation: { uri: 'rules/a%20b.yml' }, region: { startLine: 7 } },
      { artifactLocation: { uri: 'rules/%C3%BC.yml' }, region: { startLine: 7 } },
      { artifactLocation: { uri: 'file:///other.yml' }, region: { startLine: 7 } },
      { artifactLocation: { uri: 'file:///else%20where/x.yml' }, region: { startLine: 7 } },
    ]);
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
  });
});
