import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sidewatch } from '../support/sidewatch.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sidewatch-rules-e2e-'));
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
  put(
    'exec.yml',
    `title: Exec in a pod
id: 8f4bb1a0-1b1c-4e0a-9d0e-6f4f3f5a7c11
name: pod_exec
level: high
logsource: {product: kubernetes, service: audit}
detection: {exec: {objectRef.subresource: exec}, idle: {verb: get}, condition: exec}
sidewatch: {risk: {message: "$user.username$ ran a command"}}
`,
  );
  const tests = (
    fires: string,
  ) => `event: {verb: create, user: {username: alice}, objectRef: {resource: pods, subresource: exec}}
tests: [{name: a shell, events: [{}], fires: [${fires}]}]
`;
  put('empty.yml', '');
  put(
    'windows.yml',
    'title: Other\nid: 9f4bb1a0-1b1c-4e0a-9d0e-6f4f3f5a7c11\nlevel: low\nlogsource: {product: windows}\ndetection: {s: {Image: a}, condition: s}\n',
  );
  put('exec.test.yml', tests('{rule: pod_exec, message: alice ran a command, score: 60}'));
  put('bad.test.yml', tests(''));
  put('bad.yml', `title: Other\n${tests('')}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

describe('rules test', () => {
  test('says a line a test and exits 0 where all pass', async () => {
    expect(await sidewatch(['rules', 'test', at('exec.yml')])).toEqual({
      code: 0,
      out: `ok    ${at('exec.test.yml')}:2  a shell\n1 test in 1 file, none failed\n`,
      err: expect.stringContaining('bad.yml:1  left out: '),
    });
  });

  test('exits 1 where one fails, here as JUnit', async () => {
    const { code, out } = await sidewatch(['rules', 'test', folder, '--output', 'junit']);
    expect(code).toBe(1);
    expect(out).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites .*<\/testsuites>\n$/s);
    expect(out).toContain('errors="1"');
  });
});

describe('rules check', () => {
  test('exits 0 for warnings, and 1 with --strict', async () => {
    const { code, out } = await sidewatch(['rules', 'check', at('exec.yml')]);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/exec\.yml:6 {2}warning: .*\n1 file: no errors, 1 warning\n$/),
    });
    expect((await sidewatch(['rules', 'check', at('exec.yml'), '--strict'])).code).toBe(1);
  });

  test('exits 1 for an error, here as SARIF', async () => {
    const { code, out } = await sidewatch(['rules', 'check', folder, '--output', 'sarif']);
    expect(code).toBe(1);
    expect(JSON.parse(out).runs[0].results).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  test('exits 1 for a path without rules, and 2 for bad usage', async () => {
    expect(await sidewatch(['rules', 'check', at('none.yml')])).toMatchObject({ code: 1, out: '' });
    expect((await sidewatch(['rules', 'check'])).code).toBe(2);
  });

  test('exits 1 where no rule is for Kubernetes audit logs, and says so', async () => {
    const { code, out } = await sidewatch(['rules', 'check', at('windows.yml')]);
    expect([code, out.split('\n').at(-2)]).toEqual([
      1,
      '1 file: no errors, 1 lint; there is no rule for Kubernetes audit logs',
    ]);
    expect(await sidewatch(['rules', 'check', at('empty.yml')])).toMatchObject({
      code: 1,
      out: `${at('empty.yml')}:1  error: holds no rule\n1 file: 1 error\n`,
    });
  });
});

test('rules list prints a table, and the same as JSON', async () => {
  const args = ['rules', 'list', '--packs', '', '--rules', at('exec.yml')];
  const { code, out } = await sidewatch([...args, '--wide']);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^RULE +LEVEL +SCORE +FIRES AT .*\npod_exec +high +60 +each event +Exec in a pod .*exec\.yml:1 /,
  );
  expect(JSON.parse((await sidewatch([...args, '--output', 'json'])).out).rules).toHaveLength(1);
});

test('rules explain says why an event on standard input matches, without colours in a pipe', async () => {
  const event = { kind: 'Event', auditID: 'a', stage: 'Panic', user: { username: 'alice' } };
  const args = ['rules', 'explain', 'pod_exec', '-', '--packs', '', '--rules', at('exec.yml')];
  const { code, out } = await sidewatch(args, {
    input: JSON.stringify({ ...event, objectRef: { subresource: 'exec' } }),
    env: { FORCE_COLOR: '1' },
  });
  expect(code).toBe(0);
  expect(out).toMatch(/^✓ standard input matches Exec in a pod \(pod_exec\)\n/);
  expect(out).toMatch(/fires for this event alone: alice ran a command \(high, score 60\)\n$/);
  expect(out).not.toContain('\u001b');
});
