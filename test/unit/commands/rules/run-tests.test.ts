import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runRuleTests } from '../../../../src/commands/rules/run-tests.ts';
import { testJunit, xml } from '../../../../src/commands/rules/test-junit.ts';
import { testText } from '../../../../src/commands/rules/test-text.ts';
import { loadConfig } from '../../../../src/config/load-config.ts';
import { ruleTrees } from './rule-tree.ts';

const tree = ruleTrees();

const RULE = `title: Exec in a pod
name: pod_exec
logsource: {product: kubernetes, service: audit}
detection:
  exec: {verb: create, objectRef.subresource: exec}
  condition: exec
level: high
sidewatch:
  risk:
    message: $user.username$ ran a command
    objects: [{field: user.username, type: user}, {field: client.address, type: system}]
`;
const SCAN = `title: Failed
name: failed
logsource: {product: kubernetes, service: audit}
detection: {failed: {responseStatus.code: 403}, condition: failed}
---
title: Scan
name: scan
correlation: {type: event_count, rules: failed, group-by: client.address, timespan: 1h, condition: {gt: 5}}
sidewatch: {risk: {message: "$client.geo.locality.name$ in $k8s.cluster.name$", collect: [k8s.cluster.name]}}
`;
const EVENT = `event:
  verb: create
  user: {username: alice}
  sourceIPs: [81.2.69.142]
  objectRef: {resource: pods, subresource: exec, namespace: shop, name: web-0}
`;
const tests = (list: string) => `${EVENT}tests:\n${list.trim().replaceAll(/^/gm, '  ')}\n`;

/** The lines of the report without the folder's path. */
async function report(root: string, paths = [root], options = {}) {
  const run = await runRuleTests(paths, options);
  return {
    lines: testText(run).trimEnd().replaceAll(`${root}/`, '').split('\n'),
    leftOut: run.leftOut.map(({ where, message }) => `${where.replace(`${root}/`, '')}  ${message}`),
    junit: testJunit(run).replaceAll(`${root}/`, ''),
  };
}

describe('a test passes', () => {
  test('where exactly what it says fires; several risk objects are one detection', async () => {
    const root = tree({
      'exec.yml': RULE,
      'exec.test.yml': tests(`
- name: a shell
  events: [{}]
  fires: [{rule: pod_exec, message: alice ran a command, score: 60, level: high, count: 1}]
- name: no shell
  events: [{verb: get}]
  fires: []
- name: two shells, in any order
  events: [{}, {user: {username: bob}}]
  fires: [{rule: pod_exec, message: bob ran a command}, {rule: pod_exec}]`),
    });
    expect((await report(root)).lines).toEqual([
      'ok    exec.test.yml:7  a shell',
      'ok    exec.test.yml:10  no shell',
      'ok    exec.test.yml:13  two shells, in any order',
      '3 tests in 1 file, none failed',
    ]);
  });

  test('where a correlation fires once for a crossing, with the count and place of that moment', async () => {
    const root = tree({
      'scan.yml': SCAN,
      'scan.test.yml': tests(`
- name: a scan
  cluster: prod
  events: [{repeat: 8, every: 5m, with: {responseStatus: {code: 403}}}]
  fires: [{rule: scan, count: 6, message: London in prod}]
- name: too slow
  events: [{repeat: 8, every: 15m, with: {responseStatus: {code: 403}}}]
  fires: []`),
    });
    expect((await report(root)).lines.at(-1)).toBe('2 tests in 1 file, none failed');
  });

  test('for a rule that is off by default', async () => {
    const root = tree({
      'exec.yml': RULE.replace('sidewatch:', 'sidewatch:\n  enabled: false'),
      'exec.test.yml': tests('- {name: a, events: [{}], fires: [{rule: pod_exec}]}'),
    });
    expect((await report(root)).lines.at(-1)).toBe('1 test in 1 file, none failed');
  });

  test('and each test starts with empty windows', async () => {
    const three = '[{repeat: 3, with: {responseStatus: {code: 403}}}]';
    const root = tree({
      'scan.yml': SCAN,
      'scan.test.yml': tests(
        `- {name: a, events: ${three}, fires: []}\n- {name: b, events: ${three}, fires: []}`,
      ),
    });
    expect((await report(root)).lines.at(-1)).toBe('2 tests in 1 file, none failed');
  });
});

describe('a test fails', () => {
  test('and says what was expected and what fired', async () => {
    const root = tree({
      'exec.yml': RULE,
      'exec.test.yml': tests(`
- name: wrong figures
  events: [{}]
  fires: [{rule: pod_exec, message: alice ran, score: 10}]
- name: fires twice
  events: [{repeat: 2}]
  fires: []`),
    });
    expect((await report(root)).lines).toEqual([
      'FAIL  exec.test.yml:7  wrong figures',
      '      pod_exec: message expected "alice ran"',
      '                        has      "alice ran a command"',
      '      pod_exec: score expected 10',
      '                      has      60',
      'FAIL  exec.test.yml:10  fires twice',
      '      must not fire: Exec in a pod (message "alice ran a command", score 60, level "high", count 1), 2 times',
      '2 tests in 1 file, 2 failed',
    ]);
  });

  test('and shows for a rule that did not fire which event came closest, and why it did not match', async () => {
    const root = tree({
      'exec.yml': RULE,
      'exec.test.yml': tests(`
- name: nothing like it
  events: [{verb: get, objectRef: null}, {verb: get}]
  fires: [{rule: pod_exec, score: 60}]`),
    });
    const { lines, junit } = await report(root);
    expect(lines.slice(1, -1)).toEqual([
      '      did not fire: pod_exec (score 60)',
      '        no event matches; event 2 of 2 comes closest:',
      '          fires at: each event; high, score 60; exec.yml:1',
      '          ✗ condition: exec',
      '            ✗ exec: all of',
      '              ✗ verb = "create"  has "get"',
      '              ✓ objectRef.subresource = "exec"  has "exec"',
    ]);
    expect(junit).toContain('comes closest');
  });

  test('and shows for a correlation whose events match when it fires', async () => {
    const root = tree({
      'scan.yml': SCAN,
      'scan.test.yml': tests(`
- name: too few
  events: [{repeat: 3, with: {responseStatus: {code: 403}}}, {}]
  fires: [{rule: scan}]`),
    });
    expect((await report(root)).lines.slice(1, -1)).toEqual([
      '      did not fire: scan',
      '        3 of 4 events match; it fires at: > 5 in 1h by client.address, sliding',
    ]);
  });

  test('where an event is no audit event', async () => {
    const root = tree({
      'exec.yml': RULE,
      'exec.test.yml': tests('- {name: a, events: [{kind: null, auditID: null}], fires: []}'),
    });
    const { lines, junit } = await report(root);
    expect(lines.slice(0, 2)).toEqual(['FAIL  exec.test.yml:7  a', '      an event is no audit event']);
    expect(junit).toContain('failures="0" errors="1"');
  });
});

describe('the tests of a file do not run', () => {
  test('where its rules do not load', async () => {
    const root = tree({
      'exec.yml': 'title: Broken\nlogsource: {product: kubernetes, service: audit}\n',
      'exec.test.yml': tests('- {name: a, events: [{}], fires: []}'),
    });
    expect((await report(root)).lines).toEqual([
      expect.stringMatching(/^FAIL {2}exec\.yml:1 {2}/),
      '0 tests in 1 file, none failed, 1 could not be run',
    ]);
  });

  test('where it names a rule that is not in the file under test, or does not fire', async () => {
    const root = tree({
      'scan.yml': SCAN,
      'scan.test.yml': tests(`
- {name: a, events: [{}], fires: [{rule: scna}]}
- {name: b, events: [{}], fires: [{rule: failed}]}`),
    });
    const message = 'no rule of the file under test that can fire has the id or name';
    expect((await report(root)).lines.slice(0, 2)).toEqual([
      `FAIL  scan.test.yml:7  ${message} "scna"; did you mean "scan"?`,
      `FAIL  scan.test.yml:8  ${message} "failed"; there are scan`,
    ]);
  });

  test.each([
    ['a path that is not there', 'nothing.yml', 'nothing.yml  no such file or folder'],
    ['a rule without tests', 'exec.yml', 'exec.yml  has no tests beside it (exec.test.yml)'],
    [
      'tests without rules',
      'lost.test.yml',
      'lost.test.yml  has no rule file beside it: there is no lost.yml',
    ],
    ['a folder without tests', 'empty', 'empty  holds no rule tests (files that end in .test.yml)'],
    ['what is no YAML file', 'notes.txt', 'notes.txt  is neither a YAML file nor a folder'],
  ])('for %s', async (_, path, line) => {
    const root = tree({
      'exec.yml': RULE,
      'lost.test.yml': tests('- {name: a, events: [{}], fires: []}'),
      'empty/x.yml': RULE,
      'notes.txt': '',
    });
    expect((await report(root, [join(root, path)])).lines).toEqual([
      `FAIL  ${line}`,
      '0 tests in 0 files, none failed, 1 could not be run',
    ]);
  });

  test('for a link to itself, as a path and among the rules around a test', async () => {
    const root = tree({ 'scan.yml': RULE, 'scan.test.yml': tests('- {name: a, events: [{}], fires: []}') });
    symlinkSync('loop.yml', join(root, 'loop.yml'));
    expect((await report(root, [join(root, 'loop.yml')])).lines[0]).toMatch(
      /^FAIL {2}loop\.yml {2}cannot be read: ELOOP/,
    );
    await expect(report(root, [root])).rejects.toThrow('cannot be read: ELOOP');
  });
});

describe('around a test stand', () => {
  const filter = `title: Known users
logsource: {product: kubernetes, service: audit}
filter: {rules: [pod_exec], known: {user.username: alice}, condition: not known}
`;
  const silent = tests('- {name: a, events: [{}], fires: []}');

  test('filters beside a file and in its filters folder', async () => {
    const beside = tree({ 'exec.yml': RULE, 'exec.test.yml': silent, 'known.yml': filter });
    expect((await report(beside, [join(beside, 'exec.yml')])).lines.at(-1)).toMatch(/none failed/);
    const below = tree({ 'exec.yml': RULE, 'exec.test.yml': silent, 'filters/known.yml': filter });
    expect((await report(below, [join(below, 'exec.test.yml')])).lines.at(-1)).toMatch(/none failed/);
    expect((await report(below)).lines.at(-1)).toMatch(/none failed/);
  });

  test('no rules that do not load: they and rules that need them are left out and reported; other YAML is ignored', async () => {
    const root = tree({
      'exec.yml': RULE,
      'exec.test.yml': tests('- {name: a, events: [{}], fires: [{rule: pod_exec}]}'),
      'broken.yml': 'title: Broken\nid: broken\ndetection: {}\n',
      'needs.yml':
        'title: Many\nid: many\ncorrelation: {type: event_count, rules: [broken], timespan: 1h, condition: {gte: 5}}\n',
      'deployment.yml': 'apiVersion: apps/v1\nkind: Deployment\n',
    });
    const { lines, leftOut } = await report(root);
    expect(lines.at(-1)).toBe('1 test in 1 file, none failed');
    expect(new Set(leftOut.map((line) => line.split(':')[0]))).toEqual(new Set(['broken.yml', 'needs.yml']));
  });

  test('lists of the configuration; a wrong list is reported', async () => {
    const root = tree({
      'exec.yml': RULE.replace('objectRef.subresource: exec', "objectRef.namespace|expand: '%watched%'"),
      'exec.test.yml': tests('- {name: a, events: [{}], fires: [{rule: pod_exec}]}'),
    });
    const config = (text: string) => {
      const loaded = loadConfig({ path: 'my.yaml', text }, {}, () => '');
      if ('errors' in loaded) throw new Error(loaded.errors.join());
      return { config: loaded.config };
    };
    const good = await report(root, [root], config('rules: {lists: {watched: [shop]}}'));
    expect(good.lines.at(-1)).toMatch(/none failed/);
    const bad = await report(root, [root], config('rules: {lists: {watched: 7}}'));
    expect(bad.lines).toContain('FAIL  rules.lists.watched  wants a list of values, has 7');
  });

  test('bundled packs, with --packs', async () => {
    const root = tree({
      'many.yml': SCAN.slice(SCAN.indexOf('title: Scan')).replace(
        'rules: failed',
        'rules: kubernetes_unauthenticated_failure',
      ),
      'many.test.yml': tests('- {name: a, events: [{}], fires: []}'),
    });
    expect((await report(root)).lines[0]).toMatch(/no rule has the id or name "kubernetes_unauth/);
    expect((await report(root, [root], { packs: ['sidewatch'] })).lines.at(-1)).toMatch(/none failed/);
  });
});

describe('JUnit', () => {
  test('has one suite per file, one failure per failed test, and valid XML', async () => {
    const root = tree({
      'exec.yml': RULE,
      'exec.test.yml': tests(`
- {name: 'good & <right>', events: [{}], fires: [{rule: pod_exec}]}
- {name: bad, events: [{}], fires: []}`),
    });
    expect((await report(root)).junit).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="sidewatch rules test">
  <testsuite name="exec.test.yml" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="exec.test.yml" file="exec.test.yml" name="good &amp; &lt;right&gt;"/>
    <testcase classname="exec.test.yml" file="exec.test.yml" name="bad">
      <failure message="must not fire: Exec in a pod (message &quot;alice ran a command&quot;, score 60, level &quot;high&quot;, count 1)">exec.test.yml:8&#10;must not fire: Exec in a pod (message &quot;alice ran a command&quot;, score 60, level &quot;high&quot;, count 1)</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  test('characters that XML 1.0 cannot hold are replaced', () => {
    expect(xml('a\u0000\u001b[1m\ufffe\ud800"\'')).toBe('a\ufffd\ufffd[1m\ufffd\ufffd&quot;&apos;');
    expect(xml('😀\n\t')).toBe('😀&#10;&#9;');
  });
});
