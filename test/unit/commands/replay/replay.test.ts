import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { InputTally } from '../../../../src/commands/replay/input-tally.ts';
import { openRecording } from '../../../../src/commands/replay/read-recording.ts';
import { type ReplayOptions, replay } from '../../../../src/commands/replay/replay.ts';
import { inputsOf } from '../../../../src/commands/replay/replay-inputs.ts';
import { summary } from '../../../../src/commands/replay/replay-summary.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { createCounters } from '../../../../src/ops/counter-store.ts';
import type { Detector } from '../../../../src/pipeline.ts';
import { type AuditEvent, refused, TEN } from '../../../support/events.ts';
import { ONE_RULE } from '../../../support/sidewatch.ts';
import { tableRows } from '../../../support/table-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-replay-unit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const oneRule = file('one-rule.yaml', ONE_RULE);
const none = file('none.yaml', 'rules: {packs: []}');
const captured = (name: string) => new URL(`../../../captures/metadata/${name}`, import.meta.url).pathname;
const hunter = captured('kube-hunter.ndjson');
const lines = (events: readonly AuditEvent[]) => events.map((one) => `${JSON.stringify(one)}\n`).join('');

async function run(
  files: readonly string[],
  options: Partial<ReplayOptions> = {},
  tty = false,
  stop?: AbortSignal,
) {
  const said: Record<'out' | 'err', string[]> = { out: [], err: [] };
  const stream = (to: string[]) =>
    Object.assign(
      new Writable({
        write(text, _, done) {
          to.push(String(text));
          done();
        },
      }),
      { isTTY: tty },
    );
  const io = { out: stream(said.out), err: stream(said.err) };
  const given = { config: oneRule, output: 'table', wide: true, ...options } as const;
  const code = await replay(files, given, stop === undefined ? io : { ...io, stop });
  return { code, out: said.out.join(''), err: said.err.join('') };
}

const after = (seconds: number) => (TEN + seconds * 1_000_000) as Micros;

describe('inputs that cannot be read', () => {
  test('are all named before anything is read', async () => {
    mkdirSync(join(folder, 'sub'));
    const missing = join(folder, 'none\u001b[2J.log');
    await expect(run([hunter, missing, join(folder, 'sub'), ''])).rejects.toMatchObject({
      code: 1,
      lines: [
        `${join(folder, 'none')}\\u001b[2J.log  cannot be read: no such file`,
        `${join(folder, 'sub')}  holds no file`,
        '""  cannot be read: no such file',
      ],
    });
  });

  test('in their middle: what was found is shown, then what is missing, and exit 1 goes before 3', async () => {
    const text = readFileSync(hunter);
    const padding = lines(Array.from({ length: 3000 }, (_, i) => ({ auditID: `${i}`, stage: 'X' })));
    const whole = gzipSync(Buffer.concat([text, Buffer.from(padding)]));
    const cut = file('cut.gz', whole.subarray(0, whole.length - 20));
    const { code, out, err } = await run([cut], { failOnDetection: 'medium' });
    expect(code).toBe(1);
    expect(out).toContain('127.0.0.1');
    expect(err.trimEnd().split('\n').at(-1)).toBe(
      `${cut}  cannot be read: its compressed data ends early; the part before that was read`,
    );
    const broken = file('broken.gz', gzipSync('x').fill(7, 10, 14));
    expect((await run([broken])).err).toMatch(/cannot be read: its compressed data is damaged/);
  });

  test('as lines that are too long make the result incomplete', async () => {
    const path = file('long.log', Buffer.concat([Buffer.alloc(2 ** 26 + 1, 'x'), Buffer.from('\n')]));
    const { code, err } = await run([path]);
    expect(code).toBe(1);
    expect(err).toMatch(/long\.log:1 {2}the line is longer than 64 MiB and was not read\n$/);
  });

  test('are distinguished from bugs', async () => {
    const match = () => {
      throw new TypeError('ours');
    };
    const detector = { plan: compilePlan([]), matcher: { match } } as unknown as Detector;
    const tally = new InputTally(() => {});
    const options = {
      cluster: undefined,
      times: { from: undefined, to: undefined },
      progress: () => {},
      tally,
      idle: () => false,
    };
    const [input] = inputsOf([hunter]);
    const recording = await openRecording(input!, detector, createCounters(), options);
    await expect(recording.hits(TEN).next()).rejects.toThrow(new TypeError('ours'));
    expect(tally.unread).toEqual([]);
  });
});

describe('an input without an audit event ends with exit code 1', () => {
  test.each<[string, string | Uint8Array]>([
    ['an empty file', ''],
    ['a CSV file', 'time,user,verb\n2026-01-15,jane,get\n'],
    ['a malformed event', '{"auditID":\n'],
  ])('%s', async (_, content) => {
    const { code, err } = await run([file('none.log', content)]);
    expect(code).toBe(1);
    expect(err).toContain('no audit event was read. Is this the audit log of the API server');
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['evtx', 'ElfFile\0\0\0', /Windows event log \(evtx\)/],
    ['pcap', Buffer.from([0xd4, 0xc3, 0xb2, 0xa1, 2, 0]), /network packets \(pcap\)/],
    ['pcapng', Buffer.from([0x0a, 0x0d, 0x0d, 0x0a, 1]), /network packets \(pcap\)/],
    ['bzip2', 'BZh91AY', /bunzip2/],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]), /unxz/],
    ['zip', 'PK\x03\x04', /unzip/],
    ['UTF-16 with a byte order mark', Buffer.from('\ufeff{"a":1}', 'utf16le'), /UTF-16; .*iconv/],
    ['UTF-16 without one', Buffer.from('{"a":1}', 'utf16le'), /UTF-16; .*iconv/],
    ['UTF-16, big-endian', Buffer.from('\ufeff[{}]', 'utf16le').swap16(), /UTF-16; .*iconv/],
  ])('%s, and the file is named with what to do', async (_, content, hint) => {
    for (const bytes of [Buffer.from(content), gzipSync(content)]) {
      const path = file('foreign', bytes);
      const { code, err } = await run([path]);
      expect(code).toBe(1);
      expect(err).toMatch(new RegExp(`${path}  cannot be read: it is .*${hint.source}`));
    }
  });
});

describe('folders and patterns', () => {
  const at = (name: string) => join(folder, 'logs', name);
  const [first = '', ...others] = readFileSync(hunter, 'utf8').trim().split('\n');
  mkdirSync(at('older'), { recursive: true });
  writeFileSync(at('a.log'), first);
  writeFileSync(at('older/b.log.gz'), gzipSync(others.join('\n')));
  writeFileSync(at('.hidden'), 'not read');
  symlinkSync(at(''), at('older/circle'));
  symlinkSync(at('nowhere'), at('dangling'));

  test('stand for all files below them', async () => {
    const { code, out, err } = await run([at('')]);
    expect(code).toBe(0);
    expect(out).toContain('127.0.0.1');
    expect(err).toContain(`2 files, ${others.length + 1} lines: ${others.length + 1} audit events`);
  });

  test('a file is read once, however it was found', async () => {
    for (const paths of [
      [at('a.log'), at('')],
      [at('*.log'), at('')],
      [at('*.log'), at('older/*')],
    ])
      expect((await run(paths)).err).toContain('2 files, ');
  });

  test('a pattern that fits nothing is no such file, and a file with such a name is itself', async () => {
    const lines = [`${at('*.json')}  cannot be read: no such file`];
    await expect(run([at('*.json')])).rejects.toMatchObject({ lines });
    writeFileSync(at('[a].log'), first);
    expect((await run([at('[a].log')])).err).toContain('1 file, 1 line: 1 audit event');
    rmSync(at('[a].log'));
  });
});

describe('files that logs leave behind', () => {
  const cases = (name: string) => new URL(`../../../cases/${name}`, import.meta.url).pathname;

  test('NUL bytes before and behind lines are skipped and counted', async () => {
    const { out, err } = await run([cases('nul-prefix.ndjson')]);
    expect(tableRows(out)).toMatchObject([{ RULE: 'Kubernetes API Scanning', SCORE: '49', COUNT: '6' }]);
    expect(err).toMatch(
      /^1 file, 6 lines: 6 audit events, 0 malformed, 0 other; 1 detection; \d+ NUL bytes skipped/,
    );
  });

  test('events on one line are all read', async () => {
    const { out, err } = await run([cases('concatenated.ndjson')]);
    expect(tableRows(out)).toMatchObject([{ RULE: 'Kubernetes API Scanning', SCORE: '49', COUNT: '6' }]);
    expect(err).toBe('1 file, 1 line: 6 audit events, 0 malformed, 0 other; 1 detection\n');
  });

  test('lines that end in a comma, and an array over lines', async () => {
    const events = readFileSync(hunter, 'utf8').trim().split('\n');
    for (const text of [events.join(',\n'), `[\n${events.join(',\n')}\n]\n`, `[${events.join(',')}]`]) {
      const { out, err } = await run([file('commas.log', text)]);
      expect(out).toContain('127.0.0.1');
      expect(err).toContain(`: ${events.length} audit events, 0 malformed, 0 other;`);
    }
  });

  test('requests without an Audit-ID are no reused one', async () => {
    const { out } = await run([cases('no-audit-id.ndjson')], { config: none, packs: ['sidewatch'] });
    expect(out).toContain('Anonymous Request');
    expect(out).not.toContain('Audit ID');
  });
});

describe('recordings in other forms', () => {
  const capture = (name: string) => new URL(`../../../captures/otlp/${name}`, import.meta.url).pathname;
  const events = readFileSync(hunter, 'utf8').trim().split('\n');
  const request = readFileSync(capture('kube-hunter.http-protobuf.bin'));
  const sized = (message: Buffer) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(message.length);
    return Buffer.concat([size, message]);
  };

  test.each<[string, () => Uint8Array | string]>([
    ['an OTLP request as protobuf', () => request],
    ['the message of a gRPC call', () => readFileSync(capture('kube-hunter.grpc.bin'))],
    ["the collector's file exporter, as protobuf", () => sized(request)],
    ['the same, compressed', () => sized(zstdCompressSync(request))],
    ['a compressed file of it', () => gzipSync(sized(request))],
    ["the collector's file exporter, as JSON", () => readFileSync(capture('kube-hunter.http-json.json'))],
    ['lines behind the name of a node', () => events.map((line) => `crc ${line}\n`).join('')],
    [
      'lines of a container log in parts',
      () =>
        events
          .map((line) => {
            const part = (tag: string, text: string) =>
              `2026-01-15T09:03:11.309113123Z stdout ${tag} ${text}\n`;
            return (
              part('P', line.slice(0, 300)) + part('P', line.slice(300, 500)) + part('F', line.slice(500))
            );
          })
          .join(''),
    ],
    [
      'documents of CloudWatch side by side',
      () =>
        events
          .map((message) => JSON.stringify({ logGroup: '/aws/eks/a/cluster', logEvents: [{ message }] }))
          .join(''),
    ],
  ])('%s', async (_, content) => {
    const plain = await run([hunter]);
    const { code, out, err } = await run([file('recording', content())]);
    // A recording may name its cluster.
    expect(tableRows(out)).toMatchObject([
      { RULE: 'Kubernetes API Scanning', COUNT: '6', WHO: expect.stringMatching(/^127\.0\.0\.1\b/) },
    ]);
    expect(err).toContain(`: ${events.length} audit events, 0 malformed, 0 other;`);
    expect(code).toBe(plain.code);
  });

  test('several OTLP requests in one file are all read', async () => {
    for (const whole of [
      Buffer.concat([request, request]),
      Buffer.concat([sized(request), sized(request)]),
    ]) {
      const { err } = await run([file('two.bin', whole)]);
      expect(err).toContain(`: ${2 * events.length} audit events, 0 malformed`);
    }
  });

  test('a file that breaks off within a request says so', async () => {
    for (const whole of [
      Buffer.concat([request, request]),
      Buffer.concat([sized(request), sized(request)]),
    ]) {
      const { err, code } = await run([file('cut.bin', whole.subarray(0, -5))]);
      expect(err).toMatch(
        new RegExp(`: ${events.length} audit events[^]*cannot be read: it ends within an OTLP request`),
      );
      expect(code).toBe(1);
    }
  });
});

describe('the summary', () => {
  test('says what the other lines are, and where nothing is an audit event', async () => {
    const { code, err } = await run([file('cloud.json', '{"logEvents": []}\n{"records": []}\nhello\n')]);
    expect(err).toMatch(
      /^1 file, 3 lines: 0 audit events, 0 malformed, 3 other \(2 other JSON, 1 plain text\); 0 detections\nno audit event was read\..*envelope/,
    );
    expect(code).toBe(1);
  });

  test('uses the singular for one, and leaves out what did not happen', async () => {
    const { err } = await run([file('one.log', lines([refused(TEN, ['81.2.69.142'])]))]);
    expect(err).toBe('1 file, 1 line: 1 audit event, 0 malformed, 0 other; 0 detections\n');
  });

  test('says what had no time and what had to make room', async () => {
    const tight = file('tight.yaml', `${ONE_RULE}\nlimits: {groups: 1}`);
    const events = Array.from({ length: 40 }, (_, i) => refused(after(i), [`81.2.${i}.1`]));
    const untimed = { ...events[0], stageTimestamp: 'soon', requestReceivedTimestamp: null };
    const { err } = await run([file('many.log', lines([...events, untimed]))], { config: tight });
    expect(err).toMatch(/; 1 event without a readable time; \d+ groups gave way to others\n$/);
  });

  test.each([
    [3, 1, '; 3 hits came too late, 1 of them was dropped'],
    [1, 0, '; 1 hit came too late'],
    [4, 2, '; 4 hits came too late, 2 of them were dropped'],
  ])('says of %i late hits that %i were dropped', (late, dropped, words) => {
    const counters = createCounters();
    counters.add('hits_late', late);
    counters.add('hits_late_dropped', dropped);
    const [line] = summary(1, new InputTally(() => {}), counters, { found: 2, hidden: 0 });
    expect(line).toBe(`1 file, 0 lines: 0 audit events, 0 malformed, 0 other; 2 detections${words}`);
  });
});

describe('an event without a readable time', () => {
  const untimed = (stamp: unknown) => {
    const { requestReceivedTimestamp: _, ...event } = refused(TEN, ['81.2.69.142']);
    return { ...event, stageTimestamp: stamp };
  };
  const any = file(
    'any.yml',
    'title: Anything\nlogsource: {product: kubernetes, service: audit}\ndetection: {all: {user.username|exists: true}, condition: all}\n',
  );
  const times = async (files: readonly string[]) => {
    const { out } = await run(files, { config: none, rules: [any], output: 'json' });
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).timestamp);
  };
  const quiet = { auditID: 'q', stage: 'ResponseComplete', stageTimestamp: '2026-01-15T10:00:07.000000Z' };

  test('is as old as the newest event before it, whether that was a hit or not', async () => {
    const path = file('after.log', lines([refused(TEN, ['81.2.69.142']), quiet, untimed('soon')]));
    expect(await times([path])).toEqual(['2026-01-15T09:59:59.999200Z', '2026-01-15T10:00:07.000000Z']);
  });

  test.each([['soon'], [undefined], ['9999-12-31T23:59:59.000000Z']])(
    'before any other is as old as the first event with a time (%s)',
    async (stamp) => {
      const path = file('before.log', lines([untimed(stamp), quiet]));
      expect(await times([path])).toEqual(['2026-01-15T10:00:07.000000Z']);
    },
  );

  test('in a file without any time is as old as the other files, or as its own file', async () => {
    const timeless = file('timeless.log', lines([untimed('soon')]));
    utimesSync(timeless, 1_800_000_000, 1_800_000_000);
    expect(await times([timeless])).toEqual(['2027-01-15T08:00:00.000000Z']);
    expect(await times([timeless, file('timed.log', lines([quiet]))])).toEqual([
      '2026-01-15T10:00:07.000000Z',
    ]);
  });

  test('is marked in the table and in the risk event', async () => {
    const path = file('marked.log', lines([quiet, untimed('soon'), refused(after(60), ['81.2.69.142'])]));
    const options = { config: none, rules: [any] };
    const { out } = await run([path], options);
    expect(out).toMatch(/~2026-01-15 10:00:07 +~2026-01-15 10:00:59/);
    const { out: json } = await run([path], { ...options, output: 'json' });
    const marks = json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).attributes['sidewatch.time.fallback']);
    expect(marks).toEqual([true, undefined]);
  });

  test('of before v1 has its timestamp', async () => {
    const old = { ...untimed(undefined), timestamp: '2017-09-11T19:55:05Z' };
    const { out } = await run([file('old.log', lines([old, quiet]))], { config: none, rules: [any] });
    expect(out).toMatch(/ 2017-09-11 19:55:05 +2017-09-11 19:55:05/);
  });

  test('does not make a silence rule fire', async () => {
    const rule = file(
      'silence.yml',
      `title: Seen
name: seen
logsource: {product: kubernetes, service: audit}
detection: {all: {user.username|exists: true}, condition: all}
---
title: Fell silent
correlation: {type: event_count, rules: [seen], group-by: [user.username], timespan: 1h, condition: {lt: 1}}
`,
    );
    const path = file('silence.log', lines([untimed('soon'), refused(TEN, ['81.2.69.142'])]));
    const { out } = await run([path], { config: none, rules: [rule], output: 'json' });
    expect(out).toBe('');
  });
});

test('a row of the table holds all matches between its first and its last', async () => {
  const scan = (client: string, from: number, every: number, count: number) =>
    Array.from({ length: count }, (_, i) => refused(after(from + i * every), [client]));
  const scans = [
    scan('81.2.69.1', -600, 3, 410),
    scan('81.2.69.2', -6000, 30, 1000),
    scan('81.2.69.3', -180, 30, 8),
    scan('81.2.69.4', 3000, 60, 120),
    scan('81.2.69.5', -7000, 800, 30),
  ];
  const events = scans.flat().sort((a, b) => (a['stageTimestamp'] < b['stageTimestamp'] ? -1 : 1));
  const { out } = await run([file('borders.log', lines(events))]);
  const rows = tableRows(out);
  for (const { COUNT: count, WHO: who = '', FIRST: first = '', LAST: last = '' } of rows) {
    const within = events.filter(({ sourceIPs: [client], requestReceivedTimestamp: at }) => {
      const time = String(at).slice(0, 19).replace('T', ' ');
      return who.startsWith(`${client} `) && time >= first && time <= last;
    });
    expect([who, count]).toEqual([who, String(within.length)]);
  }
  const counts = rows.map(({ COUNT, WHO }) => `${WHO?.split(' ')[0]} ${COUNT}`);
  expect(counts).toEqual(expect.arrayContaining(['81.2.69.1 410', '81.2.69.2 1000', '81.2.69.4 120']));
  expect(rows).toHaveLength(4);
});

test('thousands of files are read side by side', async () => {
  const [first = '', ...rest] = readFileSync(hunter, 'utf8').trim().split('\n');
  const paths = Array.from({ length: 2000 }, (_, i) => file(`${i}.log`, rest[i] ?? first));
  const { err, out } = await run(paths);
  expect(err).toMatch(/^2000 files, 2000 lines: 2000 audit events/);
  expect(out).toContain('127.0.0.1');
});

describe('a choice of detections', () => {
  const rule = (title: string, level: string, verb: string) =>
    file(
      `${title}.yml`,
      `title: ${title}\nlogsource: {product: kubernetes, service: audit}\nlevel: ${level}\ndetection: {all: {verb: ${verb}}, condition: all}\n`,
    );
  const rules = [rule('Low', 'low', 'list'), rule('High', 'high', 'get')];
  const path = file(
    'two.log',
    lines([refused(TEN, ['81.2.69.1']), refused(TEN, ['81.2.69.1'], { verb: 'get' })]),
  );
  const chosen = async (options: Partial<ReplayOptions>) => {
    const { code, out, err } = await run([path], { config: none, rules, ...options });
    const titles = tableRows(out).map(({ RULE }) => RULE);
    return [titles.sort(), /[^;]*$/.exec(err)?.[0].trim(), code];
  };

  test.each<[Partial<ReplayOptions>, unknown]>([
    [{}, [['High', 'Low'], '2 detections', 0]],
    [{ minLevel: 'medium' }, [['High'], '2 detections, 1 not shown', 0]],
    [{ minScore: 60 }, [['High'], '2 detections, 1 not shown', 0]],
    [{ minScore: 61 }, [[], '2 detections, 2 not shown', 0]],
    [{ minScore: 61, failOnDetection: 'high' }, [[], '2 detections, 2 not shown', 3]],
    [{ failOnDetection: 'critical' }, [['High', 'Low'], '2 detections', 0]],
  ])('%o', async (options, wanted) => {
    expect(await chosen(options)).toEqual(wanted);
  });

  test('leaves out the summary of what it hides', async () => {
    const counted = file(
      'counted.yml',
      `title: Any
name: any
logsource: {product: kubernetes, service: audit}
detection: {all: {verb: list}, condition: all}
---
title: Counted
correlation: {type: event_count, rules: [any], group-by: [user.username], timespan: 1h, condition: {gte: 1}}
level: low
sidewatch: {emit: both}
`,
    );
    const names = async (options: Partial<ReplayOptions>) =>
      (await run([path], { config: none, rules: [counted], output: 'json', ...options })).out.match(
        /sidewatch\.(risk|summary)"/g,
      )?.length;
    expect([await names({}), await names({ minLevel: 'medium' })]).toEqual([2, undefined]);
  });
});

describe('a part of a recording', () => {
  const path = file(
    'minutes.log',
    lines(Array.from({ length: 12 }, (_, i) => refused(after(i * 60), ['81.2.69.142']))),
  );
  const rowsOf = async (from: number, to: number) => {
    const { out, err } = await run([path], { from: after(from), to: after(to) });
    return [tableRows(out).map(({ COUNT }) => COUNT), err];
  };

  test('holds the events from its first moment on, and none at its last', async () => {
    expect(await rowsOf(60, 8 * 60)).toEqual([
      ['7'],
      '1 file, 12 lines: 12 audit events (5 outside of --from and --to), 0 malformed, 0 other; 1 detection\n',
    ]);
  });

  test('has windows that see nothing outside of it', async () => {
    expect((await rowsOf(60, 6 * 60))[0]).toEqual([]);
  });

  test('that is empty is wrong usage', async () => {
    await expect(rowsOf(60, 60)).rejects.toMatchObject({ code: 2 });
  });
});

describe('output', () => {
  const read = (options: Partial<ReplayOptions>, stop?: AbortSignal) => run([hunter], options, false, stop);

  test('is as wide as it always is where it is no terminal, with the summary first', async () => {
    const { out } = await read({ wide: false });
    expect(out).toMatch(
      /^20 audit events in 1 file, 2026-11-25 03:48:\d\d to .* \(UTC\)\n1 detection: 1 medium\n\nLEVEL /,
    );
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(out).not.toContain('\u001b');
  });

  test('has colours where they are asked for', async () => {
    expect((await read({ color: 'always' })).out).toMatch(/\u001b\[33mmedium *\u001b/);
    expect((await read({ color: 'never' })).out).not.toContain('\u001b');
  });

  test('as CSV has a line of names, also where nothing was found', async () => {
    const { out } = await read({ output: 'csv' });
    expect(out.split('\r\n')).toEqual([
      expect.stringMatching(/^level,score,count,/),
      expect.stringMatching(/^medium,49,6,true,1,2026-11-25T03:48:.*Z,false,Kubernetes API Scanning,/),
      '',
    ]);
    expect((await read({ output: 'csv', minLevel: 'critical' })).out).toMatch(/^level,[^\n]*\n$/);
  });

  test('of a rule that fires for each event is one row, or one for each detection', async () => {
    const rule = file(
      'each.yml',
      'title: Each\nlogsource: {product: kubernetes, service: audit}\ndetection: {all: {verb: get}, condition: all}\n',
    );
    const path = file(
      'each.log',
      lines([1, 2, 3].map((i) => refused(after(i), ['81.2.69.1'], { verb: 'get' }))),
    );
    const options = { config: none, rules: [rule] };
    expect(tableRows((await run([path], options)).out)).toMatchObject([{ COUNT: '3', ALERTS: '3' }]);
    expect(tableRows((await run([path], { ...options, all: true })).out)).toHaveLength(3);
  });

  test('shows what was found until it was stopped, and exits with 130', async () => {
    const stop = new AbortController();
    stop.abort();
    const { code, err } = await read({ failOnDetection: 'low' }, stop.signal);
    expect(code).toBe(130);
    expect(err).toMatch(/stopped early: the rest of the input was not read\n$/);
  });
});

describe('the progress bar', () => {
  const path = file('malformed.log', '{"auditID": "cut off\n');

  test('makes way for messages', async () => {
    const { err } = await run([path], {}, true);
    expect(err).toMatch(/%[^\n]*\r\u001b\[K[^\n]*malformed\.log:1 /);
  });

  test('is not drawn on a terminal that cannot draw it', async () => {
    const { TERM } = process.env;
    process.env['TERM'] = 'dumb';
    const { err } = await run([path], {}, true);
    process.env['TERM'] = TERM;
    expect(err).not.toMatch(/[\u001b%]/);
  });
});

test('a malformed line cannot control a terminal', async () => {
  const { err } = await run([file('bidi.log', '{"auditID": \u202e\u009b2J}\n')]);
  expect(err).toContain('\\u202e');
  expect(err).not.toMatch(/[\u202e\u009b]/);
});
