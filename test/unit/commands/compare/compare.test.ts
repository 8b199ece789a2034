import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CompareOptions, compare } from '../../../../src/commands/compare/compare.ts';
import { DIFFERENCE_REASONS } from '../../../../src/commands/compare/reason.ts';
import { splunkExport } from '../../../../src/commands/compare/splunk-export.ts';
import { replay } from '../../../../src/commands/replay/replay.ts';
import { minutes } from '../../../../src/lib/time-format.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { type AuditEvent, at, refused, TEN } from '../../../support/events.ts';
import { testIo } from '../../../support/io.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const file = (content: string, suffix = '.txt') => {
  const path = join(folder, `${made++}${suffix}`);
  writeFileSync(path, content);
  return path;
};

const MINUTE = minutes(1);
const LONDON = '81.2.69.142';
const SCAN = 'ESCU - Kubernetes Access Scanning - Rule';
const seconds = (text: string) => String(at(text) / 1e6);

/** `n` refused requests from London, a second apart. */
const scan = (n: number, from: number = TEN, more: AuditEvent = {}, address = LONDON): AuditEvent[] =>
  Array.from({ length: n }, (_, i) => refused((from + i * 1e6) as Micros, [address], more));

/** A request to which somebody was admitted. */
const allowed = (more: AuditEvent, when: number = TEN): AuditEvent =>
  refused(when as Micros, [LONDON], {
    user: { username: 'bob', uid: 'u-bob', groups: ['dev', 'system:authenticated'] },
    responseStatus: { metadata: {}, code: 201 },
    verb: 'create',
    ...more,
  });
const daemonset = (when?: number, more: AuditEvent = {}) =>
  allowed({ objectRef: { resource: 'daemonsets', namespace: 'shop', name: 'agent' }, ...more }, when);

type Row = Readonly<Record<string, string>>;

/** A row of the risk index, of the search over 9:50 to 10:50. */
const scanRow = (more: Row = {}): Row => ({
  search_name: SCAN,
  risk_object: 'system:anonymous',
  risk_object_type: 'user',
  risk_score: '49',
  info_min_time: `${seconds('2026-01-15T09:50:00Z')}.000`,
  info_max_time: `${seconds('2026-01-15T10:50:00Z')}.000`,
  src_ip: LONDON,
  ...more,
});

function csv(rows: readonly Row[]): string {
  const names = [...new Set(['search_name', 'risk_object', ...rows.flatMap((row) => Object.keys(row))])];
  const cell = (text = '') => `"${text.replaceAll('"', '""')}"`;
  return [names.join(','), ...rows.map((row) => names.map((name) => cell(row[name])).join(','))].join('\n');
}

const log = (events: readonly AuditEvent[]) => events.map((one) => `${JSON.stringify(one)}\n`).join('');

async function run(files: readonly string[], options: Partial<CompareOptions>, columns?: number) {
  const { io, out, err } = testIo(columns);
  const code = await compare(files, { output: 'json', config: plain, ...options }, io);
  return { code, out: out(), err: err() };
}

interface Answer {
  readonly both: number;
  readonly outside: number;
  readonly differences: readonly {
    readonly side: string;
    readonly differs?: readonly string[];
    readonly reason?: { readonly kind: string; readonly likely: boolean; readonly text: string };
  }[];
}

/** Rules that fire for what these events are, too. */
const OFF = [
  'escu_kubernetes_aws_detect_suspicious_kubectl_calls',
  'escu_kubernetes_unauthorized_access',
  ...['location', 'user_group', 'user_name'].map((by) => `escu_kubernetes_abuse_of_secret_by_unusual_${by}`),
];
const config = (more: object = {}, rules: object = {}) =>
  file(
    JSON.stringify({
      rules: { packs: ['escu'], overrides: [{ rule: OFF, enabled: false }], ...rules },
      ...more,
    }),
    '.yaml',
  );
const plain = config();

/** What compare says of a log and the rows of Splunk's risk index. */
async function answer(events: readonly AuditEvent[], rows: readonly Row[], settings = plain) {
  const { out } = await run([file(log(events))], { splunk: file(csv(rows), '.csv'), config: settings });
  return JSON.parse(out) as Answer;
}

/** The one difference: its side and its reason. */
async function reason(events: readonly AuditEvent[], rows: readonly Row[], settings?: string) {
  const { differences } = await answer(events, rows, settings);
  expect(differences).toHaveLength(1);
  const { side, reason } = differences[0]!;
  return `${side} ${reason?.likely ? 'likely ' : ''}${reason?.kind}: ${reason?.text}`;
}

describe('what both have', () => {
  test('a scan is the same by its rule, risk object, window and address', async () => {
    const place = { Country: 'United Kingdom', City: 'London' };
    expect(await answer(scan(6), [scanRow({ ...place, count: '6' })])).toMatchObject({
      both: 1,
      differences: [],
    });
  });

  test('without a window in the export, the search that ran next is meant', async () => {
    const { info_min_time: _, info_max_time: __, ...row } = scanRow();
    const ran = (time: string) => [{ ...row, _time: seconds(time) }];
    expect(await answer(scan(6), ran('2026-01-15T11:00:40Z'))).toMatchObject({ both: 1, differences: [] });
    expect((await answer(scan(6), ran('2026-01-15T12:01:00Z'))).both).toBe(0);
  });

  test('a score and a count that differ are differences', async () => {
    const { both, differences } = await answer(scan(7), [scanRow({ risk_score: '20', count: '8' })]);
    expect(both).toBe(1);
    expect(differences).toMatchObject([
      { side: 'both', differs: ['score 20 there, 49 here', 'count 8 there, 7 here'] },
    ]);
  });

  test('a value of several lines is not a list, however a line of it ends', async () => {
    const event = daemonset(TEN, { userAgent: 'one\r\ntwo\n' });
    const row = scanRow({
      search_name: 'ESCU - Kubernetes DaemonSet Deployed - Rule',
      risk_object: 'bob',
      userAgent: 'one\ntwo\n',
    });
    expect(await answer([event], [row])).toMatchObject({ both: 1, differences: [] });
    const other = { ...row, userAgent: 'one\nthree\n' };
    expect((await answer([event], [other])).both).toBe(0);
  });

  test('rows for each group of a user are one risk event of ours', async () => {
    const event = allowed({
      verb: 'get',
      objectRef: { resource: 'secrets', namespace: 'shop', name: 'key' },
    });
    const row = (group: string) =>
      scanRow({
        search_name: 'ESCU - Kubernetes Abuse of Secret by Unusual User Agent - Rule',
        risk_object: 'bob',
        'user.groups{}': group,
        requestReceivedTimestamp: event['requestReceivedTimestamp'],
        stage: 'ResponseComplete',
      });
    const rows = [row('dev'), row('system:authenticated')];
    expect(await answer([event], rows)).toMatchObject({ both: 1, differences: [] });
  });

  test('one row of an hour that begins at :50 may be two risk events of ours', async () => {
    const events = [daemonset(TEN - 5 * MINUTE), daemonset(TEN + 5 * MINUTE)];
    const row = scanRow({
      search_name: 'ESCU - Kubernetes DaemonSet Deployed - Rule',
      risk_object: 'bob',
      'objectRef.name': 'agent',
      stage: 'ResponseComplete',
    });
    expect(await answer(events, [row])).toMatchObject({ both: 1, differences: [] });
  });
});

describe('only Splunk has it', () => {
  test('a search that is no rule of the pack, and a rule that is off', async () => {
    const rows = (name: string) => [scanRow({ search_name: `ESCU - ${name} - Rule` })];
    expect(await reason([...scan(1)], rows('Kubernetes Acces Scanning'))).toBe(
      'other rule: no loaded rule has this name; did you mean "Kubernetes Access Scanning"?',
    );
    expect(await reason(scan(1), rows('Kubernetes Scanning by Unauthenticated IP Address'))).toBe(
      'other rule: the rule is off here: sidewatch.enabled: false',
    );
  });

  test('a window that begins elsewhere', async () => {
    const range = (start: string, end: string) => ({
      info_min_time: seconds(start),
      info_max_time: seconds(end),
    });
    const { differences } = await answer(scan(6, TEN), [
      scanRow(range('2026-01-15T09:57:00Z', '2026-01-15T10:57:00Z')),
    ]);
    expect(differences.map(({ side, reason }) => [side, reason])).toEqual([
      [
        'other',
        {
          kind: 'window',
          likely: false,
          text: 'its windows begin at :57, ours at :50; offset: 57m in an override makes them the same',
        },
      ],
      [
        'own',
        {
          kind: 'window',
          likely: false,
          text: 'windows begin at :57 there, at :50 here; the other side has it in 2026-01-15T09:57:00Z to 2026-01-15T10:57:00Z',
        },
      ],
    ]);
  });

  test('an address without a place here, or with another one', async () => {
    const row = scanRow({ Country: 'United Kingdom', City: 'London' });
    expect(await reason(scan(6), [row], config({ geo: { city: 'none' } }))).toBe(
      `other place: our geo database has no place for ${LONDON} (there: London, United Kingdom)`,
    );
    const { differences } = await answer(scan(6), [scanRow({ Country: 'France', City: 'Lyon' })]);
    expect(differences.map(({ side, reason }) => `${side} ${reason?.kind}: ${reason?.text}`).sort()).toEqual([
      `other place: our geo database has ${LONDON} in London, United Kingdom (there: Lyon, France)`,
      'own place: there its address is in Lyon, France',
    ]);
  });

  test('a result filter, and a Sigma filter', async () => {
    const known = { known: { src_ip: LONDON }, condition: 'not known' };
    const filtered = config({}, { result_filters: { escu_kubernetes_access_scanning: known } });
    expect(await reason(scan(6), [scanRow()], filtered)).toBe(
      'other filter: rules.result_filters drops this row here',
    );
    const event = allowed({
      verb: 'get',
      objectRef: { resource: 'secrets', namespace: 'shop', name: 'key' },
      user: { username: 'admin', groups: ['admin'] },
      userAgent: 'Helm/3.13.2',
    });
    const row = scanRow({
      search_name: 'ESCU - Kubernetes Abuse of Secret by Unusual User Agent - Rule',
      risk_object: 'admin',
    });
    const { differences } = await answer([event], [row]);
    expect(differences.find(({ side }) => side === 'other')?.reason?.text).toBe(
      'the Sigma filter escu_kube_allowed_user_agents took 1 event of it out here',
    );
  });

  test('a stage, events that the log has not, and another risk object', async () => {
    const row = (more: Row) =>
      scanRow({
        search_name: 'ESCU - Kubernetes DaemonSet Deployed - Rule',
        risk_object: 'bob',
        'objectRef.name': 'agent',
        stage: 'ResponseComplete',
        ...more,
      });
    const rows = (more: Row) => [row({}), row(more)];
    expect(await reason([daemonset()], rows({ stage: 'RequestReceived' }))).toBe(
      'other stage: the log has it only at the stage ResponseComplete, not RequestReceived',
    );
    expect(await reason([daemonset()], rows({ 'objectRef.name': 'other', userAgent: 'x' }))).toBe(
      'other event: no event of the log has its values; the nearest, of 2026-01-15T10:00:00Z, differs in objectRef.name, userAgent',
    );
    expect(await reason([daemonset()], rows({ risk_object: 'eve', 'objectRef.name': 'other' }))).toBe(
      'other likely time: the log begins within its window, and has no event of it',
    );
    const whole = [daemonset(), ...scan(1, TEN - 20 * MINUTE)];
    expect(await reason(whole, rows({ risk_object: 'eve', 'objectRef.name': 'other' }))).toBe(
      'other event: no event of the log matches the rule for this risk object in its time',
    );
    expect(await reason([daemonset()], rows({ risk_object: 'eve' }))).toBe(
      'other object: the same row has another risk object here: bob',
    );
  });

  test('a count: events that the log has not, or each twice', async () => {
    const events = [...scan(1, TEN - 20 * MINUTE), ...scan(4)];
    expect(await reason(events, [scanRow({ count: '7' })])).toBe(
      'other count: the log has 4 of its 7 events',
    );
    expect(await reason(events, [scanRow({ count: '8' })])).toBe(
      'other likely stage: the log has 4 of its 8 events, all of the stage ResponseComplete: each may be indexed 2 times there, with other stages or twice',
    );
  });

  test('a row whose times are those of another zone', async () => {
    const times = {
      info_min_time: seconds('2026-01-15T08:50:00Z'),
      info_max_time: seconds('2026-01-15T09:50:00Z'),
    };
    const early = scan(1, TEN - 30 * MINUTE, {}, '192.0.2.9');
    const { differences } = await answer([...early, ...scan(6)], [scanRow(times)]);
    expect(
      differences.map(({ side, reason }) => `${side} ${reason?.likely} ${reason?.kind}: ${reason?.text}`),
    ).toEqual([
      'other true time: the same row is here at 2026-01-15T10:00:00Z: the time zone of one side, or what dates its events, may be another',
      'own true time: the same row is there in 2026-01-15T08:50:00Z to 2026-01-15T09:50:00Z: the time zone of one side, or what dates its events, may be another',
    ]);
  });

  test('of very many differences of a rule, the first ones have a reason', async () => {
    const search_name = 'ESCU - Kubernetes DaemonSet Deployed - Rule';
    const rows = Array.from({ length: 1_001 }, (_, i) =>
      scanRow({ search_name, risk_object: 'bob', userAgent: `agent ${i}` }),
    );
    const { differences } = await answer([daemonset()], rows);
    const kinds = differences.flatMap(({ side, reason }) => (side === 'other' ? reason!.kind : []));
    expect(kinds.filter((kind) => kind === 'event')).toHaveLength(1_000);
    expect(kinds.filter((kind) => kind === 'unknown')).toHaveLength(1);
  });

  test('a time that the log does not have is not compared', async () => {
    const rows = [
      scanRow({
        info_min_time: seconds('2026-01-14T09:50:00Z'),
        info_max_time: seconds('2026-01-14T10:50:00Z'),
      }),
      scanRow(),
    ];
    expect(await answer(scan(6), rows)).toMatchObject({ both: 1, outside: 1, differences: [] });
  });
});

describe('only we have it', () => {
  const later = scanRow({
    src_ip: '192.0.2.1',
    risk_object: 'eve',
    search_name: 'ESCU - Other - Rule',
  });
  /** A row that says when searches looked, and is no difference of the rule. */
  const own = async (events: readonly AuditEvent[], rows: readonly Row[]) => {
    const { differences } = await answer(events, rows);
    const found = differences.filter(({ side }) => side === 'own').map(({ reason }) => reason!);
    return found.map(({ kind, likely, text }) => `${likely ? 'likely ' : ''}${kind}: ${text}`);
  };

  test('windows that begin elsewhere split it', async () => {
    const window = {
      info_min_time: seconds('2026-01-15T09:10:00Z'),
      info_max_time: seconds('2026-01-15T10:10:00Z'),
    };
    const elsewhere = scanRow({ ...window, src_ip: '1.1.1.1' });
    const events = [...scan(3, TEN), ...scan(3, TEN + 30 * MINUTE)];
    expect(await own(events, [elsewhere])).toEqual([
      'window: windows begin at :10 there, at :50 here: there its 6 events fall into 2 windows, none with enough',
    ]);
  });

  test('records that were seen late', async () => {
    const record = (event: AuditEvent, seen: string) => ({
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                { observedTimeUnixNano: `${at(seen)}000`, body: { stringValue: JSON.stringify(event) } },
              ],
            },
          ],
        },
      ],
    });
    const events = scan(6).map((event, i) =>
      record(event, i < 4 ? '2026-01-15T10:00:30Z' : '2026-01-15T11:02:00Z'),
    );
    expect(await own(events, [later])).toEqual([
      'likely late: the records of 2 of its 6 events were seen after the search of their window (up to 62 minutes late)',
    ]);
  });

  test('a stage that no row has, and a field that no event has', async () => {
    const row = scanRow({
      search_name: 'ESCU - Kubernetes DaemonSet Deployed - Rule',
      risk_object: 'bob',
      stage: 'ResponseComplete',
      'objectRef.namespace': 'shop',
      'requestObject.kind': '0',
    });
    expect(await own([daemonset(), daemonset(TEN, { stage: 'RequestReceived' })], [row])).toEqual([
      'likely stage: events of the stage RequestReceived: 1 of 1; no row there has it (they have ResponseComplete)',
    ]);
    const { 'requestObject.kind': _, ...without } = row;
    expect(
      await own([daemonset()], [{ ...without, risk_object: 'eve', 'objectRef.namespace': 'x' }]),
    ).toEqual([
      'likely field: the event has no requestObject.kind; where no event of a search has a field of its key, Splunk has no rows (docs/parity.md)',
    ]);
  });

  test('a rule of which there is nothing, a search that found others, and a time without any', async () => {
    expect(await own(scan(6), [later])).toEqual([
      'likely rule: Splunk has no risk event of this rule at all: it may be off there, or filtered',
    ]);
    expect(await own(scan(6), [scanRow({ src_ip: '1.1.1.1' })])).toEqual([
      'likely filter: the search ran in this window (1 row), so a _filter macro, an allow-list or a throttle there may drop the row, or not all of its events are in the index',
    ]);
    expect(await own(scan(6, TEN + 120 * MINUTE), [scanRow({ src_ip: '1.1.1.1' })])).toEqual([
      'likely time: no risk event there is of this time; they are of 2026-01-15T09:50:00Z to 2026-01-15T10:50:00Z',
    ]);
  });

  test('an event that milliseconds move into the next window', async () => {
    const border = at('2026-01-15T10:49:59.999900Z');
    const events = [...scan(5), refused(border, [LONDON])];
    expect(await own(events, [later])).toEqual([
      'likely window: an event less than half a millisecond before the border belongs to the next window where times are rounded to milliseconds',
    ]);
  });
});

describe('another Sidewatch', () => {
  /** What `replay --output json` writes for these events. */
  async function theirs(events: readonly AuditEvent[], settings = plain, change = (text: string) => text) {
    const { io, out } = testIo();
    await replay([file(log(events))], { output: 'json', config: settings }, io);
    return file(change(out()), '.jsonl');
  }
  const against = async (events: readonly AuditEvent[], other: string, settings = plain) => {
    const { out, code } = await run([file(log(events))], { with: other, config: settings, fail: true });
    const { both, differences } = JSON.parse(out) as Answer;
    return {
      both,
      code,
      reasons: differences.map(({ side, reason }) => `${side} ${reason?.kind}: ${reason?.text}`),
    };
  };

  test('has the same ids for the same events, and is asked for what it has alone', async () => {
    expect(await against(scan(6), await theirs(scan(6)))).toEqual({ both: 1, code: 0, reasons: [] });
    expect(await against(scan(1), await theirs(scan(6)))).toMatchObject({
      code: 1,
      reasons: [
        'other likely time: the log has 1 event of it, and the log does not have all of its window',
      ].map((text) => text.replace('likely ', '')),
    });
    expect(await against([...scan(6), daemonset()], await theirs(scan(6)))).toMatchObject({
      both: 1,
      reasons: [
        'own rule: there is no risk event of this rule at all there: it may be off, not loaded, or filtered',
      ],
    });
  });

  test('with other windows has other ids', async () => {
    const settings = config(
      {},
      {
        overrides: [
          { rule: 'escu_kubernetes_access_scanning', offset: '40m' },
          { rule: OFF, enabled: false },
        ],
      },
    );
    const { reasons } = await against(scan(6), await theirs(scan(6), settings));
    expect(reasons).toHaveLength(2);
    for (const reason of reasons)
      expect(reason).toMatch(
        /^(own|other) window: it has another id there: the rule's id, its group-by or its windows differ \(window there 2026-01-15T09:40:00Z to 2026-01-15T10:40:00Z, here 2026-01-15T09:50:00Z to 2026-01-15T10:50:00Z\)$/,
      );
  });
});

describe('the output', () => {
  const rows = [
    scanRow({
      search_name: 'ESCU - Something With A Name That Is Much Too Long For Any Terminal At All - Rule',
    }),
    scanRow({
      src_ip: '2001:db8:1234:5678:9abc:def0:1234:5678',
      risk_object: 'system:serviceaccount:kube-system:a-long-name',
    }),
  ];

  test.each([80, 120])('a table fits %d columns', async (columns) => {
    const options = { splunk: file(csv(rows), '.csv'), output: 'table' } as const;
    const { out, err } = await run([file(log(scan(6)))], options, columns);
    const lines = out.split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
    expect(lines[0]).toMatch(/^RULE +BOTH {2}DIFFER {2}ONLY SPLUNK {2}ONLY HERE$/);
    expect(lines.slice(1, 3).join('\n')).toMatch(/Kubernetes Access Scanning +0 +0 +1 +1\n/);
    expect(out).toContain('\nonly Splunk     2026-01-15 09:50  ');
    expect(out).toContain('\nonly here       2026-01-15 10:00  Kubernetes Access Scanning  system:anonymous');
    expect(out).toContain('\n    rule: no loaded rule has this name (');
    expect(err).toContain('0 on both sides, 2 only Splunk, 1 only here\n');
  });

  test('exit codes: 0, 1 for a difference with --fail, 2 for trouble', async () => {
    const same = file(csv([scanRow()]), '.csv');
    const different = file(csv(rows), '.csv');
    const events = file(log(scan(6)));
    expect((await run([events], { splunk: same, fail: true })).code).toBe(0);
    expect((await run([events], { splunk: different })).code).toBe(0);
    expect((await run([events], { splunk: different, fail: true })).code).toBe(1);
    expect((await run([file('x\n')], { splunk: same, fail: true })).code).toBe(2);
    await expect(run([events], { splunk: join(folder, 'none') })).rejects.toMatchObject({ code: 2 });
    await expect(run([events], {})).rejects.toMatchObject({
      code: 2,
      lines: ['compare wants one of --splunk and --with'],
    });
    await expect(run([events], { splunk: same, from: TEN, to: TEN })).rejects.toMatchObject({ code: 2 });
  });

  test('--from and --to apply to both sides', async () => {
    const options = { splunk: file(csv([scanRow()]), '.csv'), from: at('2026-01-15T12:00:00Z') };
    const { out } = await run([file(log([...scan(6), ...scan(6, TEN + 150 * MINUTE)]))], options);
    expect(JSON.parse(out)).toMatchObject({ both: 0, outside: 0, differences: [{ side: 'own' }] });
  });
});

test('docs/compare.md explains every reason, and its search has the columns that are read', () => {
  const page = readFileSync(new URL('../../../../docs/compare.md', import.meta.url), 'utf8');
  const explained = Array.from(page.matchAll(/^\| `(\w+)` \|.*\|.*\|$/gm), ([, name]) => name);
  expect(
    explained.filter((name) => (DIFFERENCE_REASONS as readonly (string | undefined)[]).includes(name)),
  ).toEqual([...DIFFERENCE_REASONS]);
  const columns = /\| table ([\s\S]*?)```/.exec(page)![1]!.trim().split(/\s+/);
  const { events } = splunkExport('x.csv', `${columns.join()}\n${columns.map(() => '1').join()}\n`);
  expect(events).toMatchObject([{ search: '1', object: '1', objectType: '1', score: 1 }]);
  // All fields that a rule's rows may differ in, except bodies that a policy rarely logs.
  const known = new Set(columns.map((name) => name.replaceAll('{}', '')));
  for (const field of ['src_ip', 'Country', 'City', 'objectRef.name', 'user.groups', 'stage', 'userAgent'])
    expect(known).toContain(field);
});
