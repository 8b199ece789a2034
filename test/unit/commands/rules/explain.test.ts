import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { explain } from '../../../../src/commands/rules/explain.ts';
import { explainText } from '../../../../src/commands/rules/explain-text.ts';
import { loadRules } from '../../../../src/rules/assembly/load-rules.ts';
import { ruleList } from '../../../../src/rules/explain/rule-list.ts';
import { ruleTrees } from './rule-tree.ts';

const tree = ruleTrees();

const RULES = `title: Privileged pod
name: privileged
logsource: {product: kubernetes, service: audit}
level: high
detection:
  pod: {verb: create, objectRef.resource: pods, objectRef.subresource: null}
  privileged:
    requestObject.spec.containers[any]: {securityContext.privileged: true}
  condition: pod and privileged
---
title: Our deployers
name: deployers
logsource: {product: kubernetes, service: audit}
filter: {rules: [privileged], known: {user.username|startswith: 'system:'}, condition: not known}
---
title: Reads
name: reads
logsource: {product: kubernetes, service: audit}
level: informational
detection: {read: {verb: [get, list]}, condition: 1 of read*}
---
title: Reader
name: reader
level: low
correlation: {type: value_count, rules: [reads], group-by: [user.username, k8s.cluster.name], timespan: 10m, condition: {field: objectRef.resource, gte: 3}}
---
title: Privileged after reading
name: chain
level: critical
correlation: {type: temporal, rules: [reads, privileged], group-by: [user.username], timespan: 1h}
`;
const POD = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  auditID: 'a',
  stage: 'ResponseComplete',
  stageTimestamp: '2026-01-15T10:00:00Z',
  verb: 'create',
  user: { username: 'alice' },
  sourceIPs: ['81.2.69.142'],
  objectRef: { resource: 'pods', namespace: 'shop' },
  requestObject: {
    spec: { containers: [{ name: 'a' }, { name: 'b', securityContext: { privileged: true } }] },
  },
};

function files(event: object) {
  const root = tree({ 'rules.yml': RULES, 'event.json': JSON.stringify(event) });
  return {
    root,
    explain: (rule: string, argument = `${root}/event.json`) =>
      explain(rule, argument, { packs: [], rules: [`${root}/rules.yml`] }),
  };
}

/** What a person reads, without the folder. */
async function lines(rule: string, event: object): Promise<string[]> {
  const { root, explain } = files(event);
  return explainText(await explain(rule), new PassThrough())
    .replaceAll(`${root}/`, '')
    .trimEnd()
    .split('\n');
}

describe('an explanation', () => {
  test('of a match shows each selection, each value, the filters, and what fires', async () => {
    expect(await lines('privileged', POD)).toEqual([
      '✓ event.json matches Privileged pod (privileged)',
      '  ✓ condition: pod and privileged',
      '    ✓ pod: all of',
      '      ✓ verb = "create"  has "create"',
      '      ✓ objectRef.resource = "pods"  has "pods"',
      '      ✓ objectRef.subresource is null or absent  is absent',
      '    ✓ privileged: requestObject.spec.containers[any]  holds for 1 of 2',
      '      ✓ member 2: securityContext.privileged = "true"  has true',
      '      ✗ member 1: securityContext.privileged = "true"  is absent',
      '  ✓ filter Our deployers (deployers) keeps the event  rules.yml:11',
      'to fire: not by itself; chain counts it',
    ]);
  });

  test('says which filter excludes an event, and why', async () => {
    const shown = await lines('privileged', { ...POD, user: { username: 'system:node:n1' } });
    expect(shown[0]).toBe('✗ event.json does not match Privileged pod (privileged)');
    expect(shown.slice(-3)).toEqual([
      '  ✗ filter Our deployers (deployers) excludes the event  rules.yml:11',
      '    ✗ condition: not known',
      '      ✓ known: user.username like "system:*"  has "system:node:n1"',
    ]);
  });

  test('of a correlation shows the hit and what it still needs', async () => {
    const shown = await lines('reader', { ...POD, verb: 'get' });
    expect(shown[1]).toMatch(
      /^ {2}fires at: distinct objectRef\.resource >= 3 in 10m by user\.username, k8s/,
    );
    expect(shown).toContain('    ✓ condition: 1 of read*');
    expect(shown.slice(-6)).toEqual([
      '  counted in windows as reads',
      '    time: 2026-01-15T10:00:00.000000Z',
      '    group: user.username = alice, k8s.cluster.name = (missing)',
      expect.stringMatching(/^ {4}identity: [0-9a-f]{32} \(one per request\)$/),
      'to fire: needs distinct objectRef.resource >= 3 within 10m, all of the same group',
      '  this event adds pods',
    ]);
  });

  test('of a temporal correlation shows which input matched and which is missing', async () => {
    const shown = await lines('chain', POD);
    expect(shown.filter((line) => line.includes('counts '))).toEqual([
      expect.stringMatching(/^ {2}✗ counts Reads \(reads\)/),
      expect.stringMatching(/^ {2}✓ counts Privileged pod \(privileged\)/),
    ]);
    expect(shown.slice(-2)).toEqual([
      'to fire: needs reads and privileged within 1h, all of the same group',
      '  not yet seen: reads',
    ]);
  });

  test('is the same as data', async () => {
    const { explain } = files(POD);
    const explained = JSON.parse(JSON.stringify(await explain('privileged')));
    expect(explained).toMatchObject({
      matches: true,
      explanation: {
        kind: 'match',
        rule: { name: 'privileged' },
        own: {
          holds: true,
          conditions: [{ text: 'pod and privileged', holds: true }],
          selections: [
            { name: 'pod' },
            { name: 'privileged', trace: { kind: 'members', quantifier: 'any' } },
          ],
        },
        filters: [{ filter: { name: 'deployers' }, trace: { holds: true } }],
      },
    });
  });

  test('shows text of an event without colours or line breaks that the event brings', async () => {
    const shown = await lines('privileged', { ...POD, verb: 'x\n✓ \u001b[32mforged\u202e' });
    expect(shown[3]).toBe('      ✗ verb = "create"  has "x\\n✓ \\u001b[32mforged\\u202e"');
  });

  test.each([
    ['an unknown rule', 'reade', 'event.json', /^reade {2}is not the id.*did you mean "reads"\?/],
    ['a filter', 'deployers', 'event.json', /^deployers {2}is a filter/],
    ['a missing file', 'reads', 'none.json', /none\.json {2}cannot be read: no such file/],
    ['a folder', 'reads', '.', /is a folder; give a file/],
    ['a line without an event', 'reads', 'rules.yml:2', /rules\.yml:2 {2}holds no audit event/],
    ['several lines', 'reads', 'rules.yml', /rules\.yml {2}holds more than one line; choose one/],
    ['a line after the end', 'reads', 'event.json:7', /event\.json:7 {2}there is only 1 line/],
    ['several events', 'reads', 'list.json', /list\.json {2}holds more than one audit event/],
    ['a cut event', 'reads', 'cut.json', /cut\.json {2}.*JSON/],
  ])('is refused for %s', async (_, rule, event, why) => {
    const root = tree({
      'rules.yml': RULES,
      'event.json': JSON.stringify(POD),
      'list.json': JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [POD, POD] }),
      'cut.json': JSON.stringify(POD).slice(0, 50),
    });
    await expect(
      explain(rule, `${root}/${event}`, { packs: [], rules: [`${root}/rules.yml`] }),
    ).rejects.toMatchObject({ lines: [expect.stringMatching(why)] });
  });

  test('takes a pretty-printed event, and a line of a file', async () => {
    const root = tree({
      'rules.yml': RULES,
      'pretty.json': JSON.stringify(POD, null, 2),
      'audit.ndjson': `${JSON.stringify({ ...POD, verb: 'get' })}\n\n${JSON.stringify(POD)}\n`,
    });
    const matches = async (event: string) =>
      (await explain('privileged', `${root}/${event}`, { packs: [], rules: [`${root}/rules.yml`] })).matches;
    expect(await matches('pretty.json')).toBe(true);
    expect(await matches('audit.ndjson:1')).toBe(false);
    expect(await matches('audit.ndjson:3')).toBe(true);
  });
});

describe('a list of rules', () => {
  test('has their names, windows and places, what is off and why, and how many rules each filter touches', () => {
    const loaded = loadRules([{ path: 'rules.yml', text: RULES, ruleset: 'mine' }], {
      overrides: [{ rule: 'reader', enabled: false }],
    });
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    const { rules, off, filters } = ruleList(loaded.ruleSet);
    expect(rules.filter(({ silent }) => !silent)).toEqual([
      expect.objectContaining({
        name: 'chain',
        title: 'Privileged after reading',
        level: 'critical',
        score: 80,
        kind: 'temporal',
        window: 'reads and privileged in 1h by user.username, sliding',
        inputs: ['reads', 'privileged'],
        source: 'rules.yml:27',
      }),
    ]);
    expect(off).toEqual([expect.objectContaining({ name: 'reader', why: 'rules.overrides[0]' })]);
    expect(filters).toEqual([expect.objectContaining({ name: 'deployers', rules: 1 })]);
  });
});
