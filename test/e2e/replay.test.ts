import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { ONE_RULE, sidewatch } from '../support/sidewatch.ts';
import { tableRows } from '../support/table-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const capture = (name: string) => new URL(`../captures/${name}`, import.meta.url).pathname;
const hunter = capture('metadata/kube-hunter.ndjson');
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** `replay` with one rule, so that what it finds can be counted. */
const replay = (args: readonly string[], options = {}) =>
  sidewatch(['replay', '--config', file('one-rule.yaml', ONE_RULE), ...args], options);

describe('replay', () => {
  test('prints a table with who, how often, when and what, and exits 0', async () => {
    const { code, out, err } = await replay([hunter, capture('metadata/ordinary.ndjson.gz'), '--wide']);
    expect(out).toMatch(/^\d+ audit events in 2 files, .*\n1 detection: 1 medium\n\n/);
    expect(tableRows(out)).toEqual([
      {
        LEVEL: 'medium',
        SCORE: '49',
        COUNT: '6',
        FIRST: expect.stringMatching(/^2026-11-25 03:48:/),
        LAST: expect.stringMatching(/^2026-11-25 03:48:/),
        WHO: '127.0.0.1',
        RULE: 'Kubernetes API Scanning',
        MESSAGE: 'Kubernetes scanning from ip 127.0.0.1',
        TECHNIQUE: 'T1046 Network Service Discovery',
      },
    ]);
    expect(err).toMatch(/^2 files, \d+ lines: \d+ audit events, 0 malformed, 0 other; 1 detection\n$/);
    expect(code).toBe(0);
  });

  test('finds the same in every form of the same events', async () => {
    const text = readFileSync(hunter);
    const events = text
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const forms = [
      hunter,
      file('a.gz', gzipSync(text)),
      file('a.zst', zstdCompressSync(text)),
      file(
        'list.json',
        JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: events }, null, 2),
      ),
      capture('otlp/kube-hunter.http-json.json'),
    ];
    const results = await Promise.all(
      forms.map((form) => replay([form, '--output', 'json', '--cluster', 'prod-eu-1'])),
    );
    const ids = results.map(({ out }) =>
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).attributes['log.record.uid']),
    );
    expect(ids[0]).toHaveLength(2);
    for (const one of ids) expect(one).toEqual(ids[0]);
  });

  test('finds paths from where the user stands when npm runs it', async () => {
    const sub = join(folder, 'sub');
    mkdirSync(sub);
    writeFileSync(join(sub, 'here.log'), readFileSync(hunter));
    const npm = (more: Record<string, string>) =>
      sidewatch(['replay', 'here.log', '--output', 'json'], {
        env: { INIT_CWD: sub, npm_package_name: 'sidewatch', npm_lifecycle_event: 'sidewatch', ...more },
      });
    const silent = await npm({ npm_config_loglevel: 'silent' });
    expect(silent.out.split('\n')).toHaveLength(4);
    expect(silent.err).toMatch(/^1 file, 20 lines/);
    expect((await npm({})).err).toMatch(/^npm has written lines .* start it with npm run -s\n1 file/);
    expect((await npm({ INIT_CWD: join(sub, 'gone') })).err).toContain('here.log  cannot be read');
  });

  test('reads standard input', async () => {
    const { out } = await replay(['-', '--output', 'json'], {
      input: gzipSync(readFileSync(hunter)),
    });
    expect(out.trim().split('\n')).toHaveLength(2);
  });

  test('counts and names malformed lines, and goes on', async () => {
    const lines = readFileSync(hunter, 'utf8').trim().split('\n');
    const path = file('broken.log', ['{"auditID": "cut off', 'something else', ...lines].join('\n'));
    const { code, err, out } = await replay([path]);
    expect(err).toMatch(/broken\.log:1 {2}.*JSON/);
    expect(err).toMatch(/1 malformed, 1 other \(1 plain text\); 1 detection/);
    expect(out).toContain('127.0.0.1');
    expect(code).toBe(0);
  });

  test('runs the parity pack where asked', async () => {
    const { out } = await sidewatch([
      'replay',
      capture('metadata/xff.ndjson'),
      '--packs',
      'escu,sidewatch',
      '--wide',
    ]);
    expect(tableRows(out).map(({ RULE }) => RULE)).toEqual(
      expect.arrayContaining(['Kubernetes API Scanning', 'Kubernetes Access Scanning']),
    );
  });

  test('adds rules of the user', async () => {
    const rule = file(
      'mine.yml',
      'title: Somebody asked for the version\nlogsource: {product: kubernetes, service: audit}\nlevel: low\ndetection:\n  version: {requestURI: /version}\n  condition: version\n',
    );
    const { out } = await replay([hunter, '--rules', rule, '--wide']);
    expect(tableRows(out)).toContainEqual(
      expect.objectContaining({
        LEVEL: 'low',
        COUNT: '2',
        WHO: 'system:anonymous 127.0.0.1',
        RULE: 'Somebody asked for the version',
      }),
    );
  });

  test('--rules takes one path each time, --packs adds up; neither swallows a file', async () => {
    const rule = (name: string) =>
      file(
        `${name}.yml`,
        `title: ${name}\nlogsource: {product: kubernetes, service: audit}\nlevel: low\ndetection: {version: {requestURI: /version}, condition: version}\n`,
      );
    const [one, two] = [rule('One'), rule('Two')];
    const { out, code } = await replay(['--rules', one, '--rules', two, hunter]);
    expect([out.match(/ One /g)?.length, out.match(/ Two /g)?.length, code]).toEqual([1, 1, 0]);
    const both = JSON.parse(
      (
        await sidewatch(
          'rules list --output json --packs escu --packs sidewatch --rules'
            .split(' ')
            .concat(one, '--rules', two),
        )
      ).out,
    ).rules.map(({ ruleset }: { ruleset: string }) => ruleset);
    expect([...new Set(both)]).toEqual(expect.arrayContaining(['escu', 'sidewatch', one, two]));
  });

  test('exits 3 with --fail-on-detection, and 0 where nothing was found', async () => {
    const found = await replay([hunter, '--fail-on-detection']);
    const nothing = await replay([capture('metadata/five.ndjson'), '--fail-on-detection']);
    const first = await replay(['--fail-on-detection', hunter]);
    expect([found.code, nothing.code, first.code]).toEqual([3, 0, 3]);
    expect(nothing.out).toBe('');
  });

  test('by default an ordinary day is no failure, and a level decides otherwise', async () => {
    const day = capture('metadata/ordinary.ndjson.gz');
    const codes = await Promise.all(
      [[], ['=medium'], ['=informational']].map(async ([level = '']) => {
        const { code } = await sidewatch(['replay', day, `--fail-on-detection${level}`]);
        return code;
      }),
    );
    expect(codes).toEqual([0, 0, 3]);
  });

  test('exits 2 on bad usage and 1 where input cannot be read', async () => {
    const codes = async (...args: string[]) => {
      const { code, err } = await sidewatch(args);
      return [code, err.trim().split('\n').length < 4 && err.trim() !== ''];
    };
    expect(await codes('replay')).toEqual([2, true]);
    expect(await codes('replay', hunter, '--output', 'xml')).toEqual([2, true]);
    expect(await codes('replay', hunter, '--packs', 'nope')).toEqual([2, true]);
    expect(await codes('replay', hunter, '--from', 'yesterday')).toEqual([2, true]);
    expect(await codes('replay', hunter, '--min-score', '-1')).toEqual([2, true]);
    expect(await codes('replay', hunter, '--from', '2026-01-15', '--to', '2026-01-15')).toEqual([2, true]);
    const { code, err } = await sidewatch(['replay', hunter, '--fail-on-detection=hihg']);
    expect([code, err]).toEqual([2, expect.stringContaining('did you mean "high"?')]);
    expect(await codes('replay', join(folder, 'none'))).toEqual([1, true]);
    expect(await codes('replay', file('cut.gz', gzipSync('x'.repeat(1000)).subarray(0, 15)))).toEqual([
      1,
      true,
    ]);
    expect(await codes('frobnicate')).toEqual([2, true]);
  });

  test('a standard input that is closed or a folder is no empty log', async () => {
    const { stdout } = await inBash(
      '"$0" "$1" replay - <&- 2>&1; echo $?; "$0" "$1" replay - <"$2" 2>&1; echo $?',
      folder,
    );
    expect(stdout).toBe(
      'standard input  cannot be read: it is closed, or /dev/null\n1\nstandard input  cannot be read: it is a folder\n1\n',
    );
  });

  test('shows at Ctrl-C what it has found until then, and exits with 130', async () => {
    const main = new URL('../../src/main.ts', import.meta.url).pathname;
    const args = [main, 'replay', '-', '--config', file('one-rule.yaml', ONE_RULE)];
    const running = spawn(process.execPath, args);
    const said = { out: '', err: '' };
    running.stdout.on('data', (text) => {
      said.out += text;
    });
    running.stderr.on('data', (text) => {
      said.err += text;
      // All before this line was read; the input goes on, and never ends. Once: what it says then comes here, too.
      const interrupted = /(?:-|standard input):21 /.test(said.err) && !running.killed;
      if (interrupted) running.kill('SIGINT');
    });
    running.stdin.write(`${readFileSync(hunter, 'utf8').trim()}\n{"auditID": "cut off\n`);
    const [code] = await once(running, 'close');
    expect(code).toBe(130);
    expect(said.out).toMatch(/^20 audit events in 1 file, .*\n1 detection: 1 medium\nstopped early: /);
    expect(said.err).toMatch(/stopped early: the rest of the input was not read\n$/);
  });

  test('does not mind a reader that goes away', async () => {
    const lines = gunzipSync(readFileSync(capture('metadata/ordinary.ndjson.gz'))).toString();
    const rule = file(
      'all.yml',
      'title: Everything\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  all: {auditID|contains: "-"}\n  condition: all\n',
    );
    const run = inBash(
      'set -o pipefail; "$0" "$1" replay "$3" --output json --rules "$2" | head -1',
      rule,
      file('many.log', lines.repeat(3)),
    );
    await expect(run).resolves.toMatchObject({
      stderr: expect.stringMatching(/^1 file, \d+ lines: .* detections\n$/),
    });
  });
});

/** Runs a script whose $0 and $1 are Sidewatch. */
const inBash = (script: string, ...args: readonly string[]) =>
  promisify(execFile)('bash', [
    '-c',
    script,
    process.execPath,
    new URL('../../src/main.ts', import.meta.url).pathname,
    ...args,
  ]);

describe('output that cannot be written', () => {
  test('does not change the exit code where its reader went away', async () => {
    const { stdout } = await inBash(
      '"$0" "$1" replay "$2" --output json --fail-on-detection 2> >(exec true) | true; echo ${PIPESTATUS[0]}',
      hunter,
    );
    expect(stdout).toBe('3\n');
  });

  test.skipIf(!existsSync('/dev/full'))('is one line and exit code 1 where the disk is full', async () => {
    const { stdout } = await inBash('"$0" "$1" replay "$2" 2>&1 >/dev/full; echo $?', hunter);
    expect(stdout).toBe('standard output  cannot be written: ENOSPC: no space left on device\n1\n');
    const full = await inBash('"$0" "$1" replay "$2" 2>/dev/full >/dev/null; echo $?', hunter);
    expect(full.stdout).toBe('0\n');
  });
});

describe('config check', () => {
  test('prints what a valid file loads', async () => {
    const { code, out } = await sidewatch([
      'config',
      'check',
      file('good.yaml', 'rules: {packs: [escu, sidewatch]}'),
    ]);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/good\.yaml is valid: \d+ rules/) });
  });

  test('reports every error at once', async () => {
    const { code, err } = await sidewatch([
      'config',
      'check',
      file('two.yaml', 'clients: {}\nlimits: {groups: many}'),
    ]);
    expect(code).toBe(1);
    expect(err.trim().split('\n')).toHaveLength(2);
  });
});

test('--version names the geo data as its licence asks', async () => {
  const { out } = await sidewatch(['--version']);
  expect(out).toMatch(/^sidewatch \d+\.\d+\.\d+\nIP Geolocation by DB-IP.*CC-BY-4\.0\n$/);
});
