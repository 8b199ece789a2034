import { describe, expect, test } from 'vitest';
import { good, load } from '../loaded.ts';
import { lines } from '../tuned.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const REST =
  'logsource: {product: kubernetes, service: audit}\ndetection:\n  s: {verb: get}\n  condition: s\n';
const rule = (head: string) => `title: T\nid: ${ID}\nlevel: low\n${head}${REST}`;
const lints = (head: string) => lines(good(rule(head)).lints);
const problems = (text: string) => {
  const loaded = load(text);
  return 'problems' in loaded ? lines(loaded.problems) : [];
};

describe('what a rule says of itself', () => {
  test('is kept', () => {
    const [document] = good(
      rule(`name: rule_name
related: [{id: ${ID}, type: derived}]
taxonomy: sigma
status: experimental
description: What it finds.
license: Apache-2.0
author: Somebody
references: [https://example.com]
date: 2026-01-15
modified: 2026-02-01
fields: [verb]
falsepositives: [Backups]
tags: [attack.discovery, attack.t1046]
scope: [server]
custom: {anything: at all}
`),
    ).documents;
    expect(document!.head).toEqual({
      title: 'T',
      id: ID,
      name: 'rule_name',
      level: 'low',
      related: [{ id: ID, type: 'derived' }],
      taxonomy: 'sigma',
      status: 'experimental',
      description: 'What it finds.',
      license: 'Apache-2.0',
      author: 'Somebody',
      references: ['https://example.com'],
      date: '2026-01-15',
      modified: '2026-02-01',
      fields: ['verb'],
      falsepositives: ['Backups'],
      tags: ['attack.discovery', 'attack.t1046'],
      scope: ['server'],
    });
  });

  test('may be one text where a list is meant, and nothing where nothing is said', () => {
    const { documents, lints } = good(
      rule('falsepositives: Unknown\nreferences: https://example.com\nauthor:\nfields:\n'),
    );
    expect(documents[0]!.head).toMatchObject({
      falsepositives: ['Unknown'],
      references: ['https://example.com'],
    });
    expect(documents[0]!.head).not.toHaveProperty('author');
    expect(lints).toEqual([]);
  });

  test('is no more than a lint where it decides nothing: the rule loads without it', () => {
    expect(
      lints(`status: stabel
description: [x]
author: 5
date: 15.01.2026
modified: 2026/01/15
related: [{id: x, type: cousin}]
license: {}
fields: {}
falsepositives: 3
scope: [1]
references: {a: b}
taxonomy: other
`),
    ).toEqual([
      'a.yml:5 description: wants text, has a list',
      'a.yml:14 references: wants a list of texts, has a map',
      'a.yml:4 status: wants stable, test, experimental, deprecated or unsupported, has "stabel"; did you mean "stable"?',
      'a.yml:6 author: wants text, has 5',
      'a.yml:7 date: wants a date such as 2026-01-15, has "15.01.2026"',
      'a.yml:8 modified: wants a date such as 2026-01-15, has "2026/01/15"',
      'a.yml:9 related[0].type: wants derived, obsolete, obsoletes, merged, renamed or similar, has "cousin"',
      'a.yml:10 license: wants text, has a map',
      'a.yml:12 falsepositives: wants a list of texts, has 3',
      'a.yml:11 fields: wants a list of texts, has a map',
      'a.yml:13 scope[0]: wants text, has 1',
      'a.yml:15 taxonomy: is ignored; fields are named as in audit events',
    ]);
  });

  test('the level and the status in any case', () => {
    const { rules, lints, documents } = good(`title: T\nid: ${ID}\nlevel: High\nstatus: Stable\n${REST}`);
    expect(rules[0]?.level).toBe('high');
    expect(documents[0]?.head.status).toBe('stable');
    expect(lints).toEqual([]);
  });

  test('is a problem where it decides what fires, what it scores or how it is found', () => {
    const text = `title: 5\nid: [x]\nname: ''\nlevel: hihg\ntags: attack.discovery\n${REST}`;
    expect(problems(text)).toEqual([
      'a.yml:1 title: wants text, has 5',
      'a.yml:2 id: wants text, has a list',
      'a.yml:3 name: wants text, has ""',
      'a.yml:4 level: wants informational, low, medium, high or critical, has "hihg"; did you mean "high"?',
      'a.yml:5 tags: wants a list of texts, has "attack.discovery"',
    ]);
  });

  test('is reported if it is missing and people need it', () => {
    expect(lines(good(`title: T\n${REST}`).lints)).toEqual([
      'a.yml:1 has no id; its id is made from the title, so a new title makes it a new rule',
      'a.yml:1 has no level; medium is taken',
    ]);
    expect(lines(good(`title: T\nid: mine\nlevel: low\n${REST}`).lints)).toEqual([
      'a.yml:2 id: wants a UUID',
    ]);
    expect(lines(good(rule('').replace('title: T', `title: ${'T'.repeat(257)}`)).lints)).toEqual([
      'a.yml:1 title: is longer than 256 characters',
    ]);
  });
});

describe('tags', () => {
  test.each([
    ['attack.t1046'],
    ['attack.t1078.001'],
    ['attack.g0016'],
    ['attack.s0002'],
    ['attack.credential-access'],
    ['attack.stealth'],
    ['attack.defense-evasion'],
    ['cve.2018-1002105'],
    ['detection.threat-hunting'],
    ['tlp.green'],
    ['d3fend.d3-f'],
  ])('%s is one', (tag) => {
    expect(lints(`tags: [${tag}]\n`)).toEqual([]);
  });

  test.each([
    ['discovery', 'discovery is not a tag; wants namespace.name in lower case'],
    ['attack.T1046', 'attack.T1046 is not a tag; wants namespace.name in lower case'],
    ['atack.t1046', 'atack.t1046 has a namespace that Sigma does not know; did you mean "attack"?'],
    [
      'kubernetes.pods',
      'kubernetes.pods has a namespace that Sigma does not know (attack, car, cve, d3fend, detection, stp, tlp)',
    ],
    ['attack.t104', 'attack.t104 is not a technique; wants attack.t1234 or attack.t1234.001'],
    ['attack.t1046.1', 'attack.t1046.1 is not a technique; wants attack.t1234 or attack.t1234.001'],
    ['attack.discovry', 'attack.discovry is not a tactic of ATT&CK; did you mean "discovery"?'],
    [
      'attack.credential_access',
      'attack.credential_access is written attack.credential-access since Sigma 2',
    ],
  ])('%s is reported', (tag, message) => {
    expect(lints(`tags: [attack.t1046, '${tag}']\n`)).toEqual([`a.yml:4 tags[1]: ${message}`]);
  });
});
