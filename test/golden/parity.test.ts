import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/lib/time-format.ts';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Micros } from '../../src/model/time.ts';
import { type Engine, engine } from '../support/engine.ts';
import { type AuditEvent, at, refused, TEN } from '../support/events.ts';
import { end } from '../support/hits.ts';
import { scanning } from '../support/scanning.ts';

// What Splunk answers for the seed detection (escu) and what our own rule answers (sidewatch), for the same input.
// Numbers are detections. "(A)" marks what Splunk's documentation leaves open: docs/parity.md.

const MINUTE = minutes(1);
const AMSTERDAM = '198.51.100.1';
const BERLIN = '198.51.100.2';

interface Delivery {
  readonly event: AuditEvent;
  readonly arrived?: Micros;
  readonly cluster?: string;
}

interface Vector {
  readonly input: string;
  readonly deliveries: readonly Delivery[];
  readonly escu: readonly object[];
  readonly sidewatch: readonly object[];
}

/** `n` refused requests, a second apart. */
const scan = (n: number, ips: readonly string[], from: number = TEN, more: AuditEvent = {}): Delivery[] =>
  Array.from({ length: n }, (_, i) => ({ event: refused((from + i * 1_000_000) as Micros, ips, more) }));

const row = (src_ip: string, Country: string, City: string, count: number) => ({
  'sidewatch.group.sourceIPs': src_ip,
  'sidewatch.group.sourceIPs.geo.country.name': Country,
  'sidewatch.group.sourceIPs.geo.locality.name': City,
  'sidewatch.count': count,
  'sidewatch.count.exact': true,
});
const amsterdam = (count: number) => row(AMSTERDAM, 'Netherlands', 'Amsterdam', count);
const client = (address: string, more: object = {}) => ({
  'sidewatch.group.client.address': address,
  ...more,
});
const status = (code: number | string, reason: string) => ({
  metadata: {},
  status: 'Failure',
  message: reason,
  reason,
  code,
});
const watch = Array.from({ length: 3 }, (_, i) => {
  const complete = refused((TEN + i * MINUTE) as Micros, [AMSTERDAM], { verb: 'watch' });
  return [{ event: { ...complete, stage: 'ResponseStarted' } }, { event: complete }];
}).flat();
const three = scan(3, [AMSTERDAM]);

const CUT = {
  'sidewatch.values.userAgent': ['\uff5e', '\u{1f600}'],
  'sidewatch.values.requestURI': Array(6).fill(expect.stringMatching(/^\/a{2014}…[0-9a-f]{32}$/)),
  'sidewatch.values.truncated': ['requestURI'],
};

const VECTORS: readonly Vector[] = [
  { input: '5 refused requests from one address', deliveries: scan(5, [AMSTERDAM]), escu: [], sidewatch: [] },
  {
    input: '6 refused requests from one address',
    deliveries: scan(6, [AMSTERDAM]),
    escu: [amsterdam(6)],
    sidewatch: [client(AMSTERDAM)],
  },
  {
    input: '3 + 3 on both sides of :50',
    deliveries: [...scan(3, [AMSTERDAM], TEN + 45 * MINUTE), ...scan(3, [AMSTERDAM], TEN + 52 * MINUTE)],
    escu: [],
    sidewatch: [client(AMSTERDAM)],
  },
  {
    input: '6 at 10:05-10:06 and 6 at 11:05-11:06',
    deliveries: [...scan(6, [AMSTERDAM], TEN + 5 * MINUTE), ...scan(6, [AMSTERDAM], TEN + 65 * MINUTE)],
    escu: [amsterdam(6), amsterdam(6)],
    sidewatch: [client(AMSTERDAM), client(AMSTERDAM)],
  },
  {
    input: '10.0.0.1 x 100, which has no country',
    deliveries: scan(100, ['10.0.0.1']),
    escu: [],
    sidewatch: [client('10.0.0.1')],
  },
  {
    input: 'an address with a country but no city x 6: an empty City is a group (A)',
    deliveries: scan(6, ['203.0.113.9']),
    escu: [row('203.0.113.9', 'France', '', 6)],
    sidewatch: [client('203.0.113.9', { 'client.geo.country.iso_code': 'FR' })],
  },
  {
    input: '3 + 3 in two clusters, same address',
    deliveries: [
      ...scan(3, [AMSTERDAM]).map((one) => ({ ...one, cluster: 'a' })),
      ...scan(3, [AMSTERDAM]).map((one) => ({ ...one, cluster: 'b' })),
    ],
    escu: [amsterdam(6)],
    sidewatch: [],
  },
  {
    input: 'a forbidden watch x 3, ResponseStarted and ResponseComplete',
    deliveries: watch,
    escu: [amsterdam(6)],
    sidewatch: [],
  },
  {
    input: 'one Audit-ID for 6 requests at different times',
    deliveries: scan(6, [AMSTERDAM], TEN, { auditID: 'the-same' }),
    escu: [amsterdam(6)],
    sidewatch: [client(AMSTERDAM)],
  },
  {
    input: 'the same 3 records delivered 10 times before the window closes',
    deliveries: Array.from({ length: 10 }, () => three).flat(),
    escu: [amsterdam(30)],
    sidewatch: [],
  },
  {
    input: '401 with an empty user x 6',
    deliveries: scan(6, [AMSTERDAM], TEN, {
      user: {},
      stage: 'ResponseStarted',
      responseStatus: status(401, 'Unauthorized'),
      annotations: undefined,
    }),
    escu: [],
    sidewatch: [client(AMSTERDAM)],
  },
  {
    input: 'X-Forwarded-For with two addresses that have a country, x 6 (A)',
    deliveries: scan(6, [AMSTERDAM, BERLIN]),
    escu: [amsterdam(6), row(BERLIN, 'Germany', 'Berlin', 6)],
    sidewatch: [client(BERLIN, { 'sidewatch.client.claimed': [AMSTERDAM] })],
  },
  {
    input: 'one public and one private address in sourceIPs x 6 (A)',
    deliveries: scan(6, [AMSTERDAM, '10.0.0.1']),
    escu: [amsterdam(6)],
    sidewatch: [client('10.0.0.1', { 'sidewatch.client.claimed': [AMSTERDAM] })],
  },
  {
    input: 'the same address twice in one sourceIPs, x 3',
    deliveries: scan(3, [AMSTERDAM, AMSTERDAM]),
    escu: [amsterdam(6)],
    sidewatch: [],
  },
  {
    input: 'two scanners interleaved, each x 6, one of them with groups in upper and lower case',
    deliveries: scan(6, [AMSTERDAM]).flatMap((one, i) => [
      one,
      scan(1, [BERLIN], TEN + i, {
        user: { username: 'system:anonymous', groups: ['System:UnAuthenticated'] },
      })[0]!,
    ]),
    escu: [amsterdam(6), row(BERLIN, 'Germany', 'Berlin', 6)],
    sidewatch: [client(AMSTERDAM), client(BERLIN)],
  },
  {
    input: 'code as the string "403" x 6',
    deliveries: scan(6, [AMSTERDAM], TEN, { responseStatus: status('403', 'Forbidden') }),
    escu: [amsterdam(6)],
    sidewatch: [client(AMSTERDAM)],
  },
  {
    input: 'events in reverse order, two in any hour, six in all',
    deliveries: Array.from({ length: 6 }, (_, i) => ({
      event: refused((TEN + (5 - i) * 35 * MINUTE) as Micros, [AMSTERDAM]),
      arrived: (TEN + 176 * MINUTE) as Micros,
    })),
    escu: [],
    sidewatch: [],
  },
  {
    input: 'window [01:50, 02:50): 01:50:00.000000 and 02:49:59.999999 count, 02:50:00 does not',
    deliveries: [
      ...Array.from({ length: 5 }, () => ({
        event: refused(at('2026-01-15T01:50:00.000000Z'), [AMSTERDAM]),
      })),
      { event: refused(at('2026-01-15T02:49:59.999999Z'), [AMSTERDAM]) },
      { event: refused(at('2026-01-15T02:50:00.000000Z'), [AMSTERDAM]) },
    ],
    escu: [{ ...amsterdam(6), 'sidewatch.window.start': '2026-01-15T01:50:00.000000Z' }],
    sidewatch: [client(AMSTERDAM)],
  },
  {
    input: 'values() are distinct strings in byte order',
    deliveries: [
      ...scan(2, [AMSTERDAM], TEN, { userAgent: 'b', requestURI: '10' }),
      ...scan(2, [AMSTERDAM], TEN, { userAgent: 'A', requestURI: '9' }),
      ...scan(2, [AMSTERDAM], TEN, { userAgent: 'a', requestURI: '9' }),
    ],
    escu: [
      {
        'sidewatch.values.userAgent': ['A', 'a', 'b'],
        'sidewatch.values.requestURI': ['10', '9'],
        'sidewatch.values.responseStatus.code': ['403'],
      },
    ],
    sidewatch: [
      {
        'sidewatch.values.userAgent': ['A', 'a', 'b'],
        'sidewatch.values.requestURI': ['10', '9'],
        'sidewatch.values.responseStatus.code': ['403'],
      },
    ],
  },
  {
    // A full-width form stands before an emoji in UTF-8, and behind it in UTF-16.
    input:
      'values() of long texts stay distinct, and the field is named as cut; of others than ASCII, UTF-8 decides',
    deliveries: [1, 2, 3, 4, 5, 6].flatMap((i) =>
      scan(1, [AMSTERDAM], TEN + i, {
        userAgent: i > 3 ? '\u{1f600}' : '\uff5e',
        requestURI: `/${'a'.repeat(2100)}${i}`,
      }),
    ),
    escu: [CUT],
    sidewatch: [CUT],
  },
  {
    input: 'two IPv6 addresses of one /64, 3 each',
    deliveries: [...scan(3, ['2001:db8:1:2::a']), ...scan(3, ['2001:db8:1:2::b'])],
    escu: [],
    sidewatch: [client('2001:db8:1:2::/64')],
  },
];

/** One risk event a detection, in the order they fired. */
async function detections(run: Engine, deliveries: readonly Delivery[]): Promise<readonly RiskEvent[]> {
  for (const { event, arrived, cluster } of deliveries) {
    await run.send([event], arrived ?? at(event['stageTimestamp']), cluster);
  }
  await run.close(end);
  const risks = scanning(await run.fired()).filter(({ name }) => name === 'sidewatch.risk');
  return [...new Map(risks.map((event) => [event.detection.id, event])).values()];
}

describe.each(['escu', 'sidewatch'] as const)('%s', (pack) => {
  test.each(VECTORS)('$input', async (vector) => {
    const fired = await detections(await engine(`rules: {packs: [${pack}]}`), vector.deliveries);
    expect(fired.map(({ attributes }) => attributes)).toMatchObject(vector[pack]);
  });
});

test('a hit that arrives after HH:00 for the window that ended at HH-10m: escu does not count it, sidewatch does', async () => {
  const eleven = (TEN + 60 * MINUTE) as Micros;
  const deliveries = [
    ...scan(5, [AMSTERDAM], TEN + 40 * MINUTE),
    { event: refused((TEN + 49 * MINUTE) as Micros, [AMSTERDAM]), arrived: eleven },
  ];
  const escu = await engine('rules: {packs: [escu]}');
  expect(await detections(escu, deliveries)).toEqual([]);
  expect(escu.counters.of('hits_late_dropped')).toBe(1);
  expect(await detections(await engine('rules: {packs: [sidewatch]}'), deliveries)).toHaveLength(1);
});

test('two user names in one row: one detection; escu gives a risk event for each user, sidewatch one for the address', async () => {
  const deliveries = [
    ...scan(3, [AMSTERDAM]),
    ...scan(3, [AMSTERDAM], TEN + MINUTE, {
      user: { username: 'other', groups: ['system:unauthenticated'] },
    }),
  ];
  for (const [pack, objects] of [
    ['escu', ['other', 'system:anonymous']],
    ['sidewatch', [AMSTERDAM]],
  ] as const) {
    const run = await engine(`rules: {packs: [${pack}]}`);
    for (const { event } of deliveries) await run.send([event], at(event['stageTimestamp']));
    await run.close(end);
    const risks = scanning(await run.fired()).filter(({ name }) => name === 'sidewatch.risk');
    expect(risks.map(({ attributes }) => attributes['sidewatch.risk.object']).sort()).toEqual(objects);
    expect(new Set(risks.map(({ detection }) => detection.id)).size).toBe(1);
    expect(new Set(risks.map(({ uid }) => uid)).size).toBe(objects.length);
  }
});

test('the risk event that Splunk would write: score, message, objects', async () => {
  const [fired] = await detections(await engine('rules: {packs: [escu]}'), scan(6, [AMSTERDAM]));
  expect(fired).toMatchObject({
    body: `Kubernetes scanning from ip ${AMSTERDAM}`,
    score: 49,
    at: TEN + 5_000_000,
    attributes: {
      'sidewatch.risk.score': 49,
      'sidewatch.risk.impact': 70,
      'sidewatch.risk.confidence': 70,
      'sidewatch.risk.object': 'system:anonymous',
      'sidewatch.risk.object.type': 'user',
      'sidewatch.risk.threat.object': AMSTERDAM,
      'sidewatch.risk.threat.object.type': 'ip_address',
      'sidewatch.rule.techniques': ['T1046'],
      'sidewatch.rule.tactics': ['discovery'],
      'sidewatch.rule.analytic_story': ['Kubernetes Security'],
    },
  });
});

test('place: first and none read several addresses the other ways that iplocation might (A)', async () => {
  const text = readFileSync('rules/escu/kubernetes_access_scanning.yml', 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-parity-'));
  try {
    for (const [place, rows] of [
      ['first', [amsterdam(6), row(BERLIN, 'Netherlands', 'Amsterdam', 6)]],
      ['none', []],
    ] as const) {
      const file = join(folder, `${place}.yml`);
      writeFileSync(file, text.replace('place: own', `place: ${place}`));
      const run = await engine(`rules: {packs: [], files: [${JSON.stringify(file)}]}`);
      const fired = await detections(run, scan(6, [AMSTERDAM, BERLIN]));
      expect(fired.map(({ attributes }) => attributes)).toMatchObject(rows);
      expect(await detections(run, scan(6, [BERLIN], TEN + 120 * MINUTE))).toHaveLength(1);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a result filter drops a row after counting, as the _filter macro does', async () => {
  const run = await engine(`
rules:
  packs: [escu]
  result_filters:
    escu_kubernetes_access_scanning: {known: {src_ip|cidr: 198.51.100.0/31}, condition: not known}
`);
  expect(
    (await detections(run, [...scan(6, [AMSTERDAM]), ...scan(6, [BERLIN])])).map(
      ({ attributes }) => attributes,
    ),
  ).toMatchObject([{ 'sidewatch.group.sourceIPs': BERLIN }]);
  expect(run.counters.of('detections_filtered')).toBe(1);
});

describe('the first IPv6 client, before the file that knows it is open', () => {
  const IPV6 = '2a02:c7c::1';
  /** More addresses than one event counts under: what is left out is counted, once. */
  const many = Array.from({ length: 19 }, (_, i) => `81.2.69.${i}`);
  const group = (fired: readonly RiskEvent[]) =>
    fired
      .map(({ attributes }) => attributes)
      .filter((attributes) => attributes['sidewatch.group.sourceIPs'] === IPV6);

  test.each([
    ['in one request', [6]],
    ['in two requests at once', [3, 3]],
  ])('has its Country and City as group keys, and counts once: %s', async (_, sizes) => {
    const run = await engine('rules: {packs: [escu]}', 'real');
    const events = scan(6, [...many, IPV6]).map(({ event }) => event);
    const requests = sizes.map((size, i) => run.send(events.slice(i * size, (i + 1) * size), TEN));
    expect(await Promise.all(requests)).toEqual(sizes.map(() => ({ kind: 'accepted', rejected: 0 })));
    await run.close(end);
    const [detection, ...others] = group(scanning(await run.fired()));
    expect(others).toEqual([]);
    expect(detection).toMatchObject({
      'sidewatch.group.sourceIPs.geo.country.name': 'United Kingdom',
      'sidewatch.group.sourceIPs.geo.locality.name': expect.stringMatching(/./),
      'sidewatch.count': 6,
    });
    expect([run.counters.of('events'), run.counters.of('group_members_cut')]).toEqual([6, 6 * 4]);
  });

  test('has no place where geo.city is none', async () => {
    const run = await engine('rules: {packs: [sidewatch]}\ngeo: {city: none}', 'real');
    const fired = await detections(run, [...scan(6, [IPV6]), ...scan(6, ['81.2.69.142'])]);
    expect(fired.map(({ attributes }) => attributes['client.address'])).toEqual([IPV6, '81.2.69.142']);
    for (const { attributes } of fired)
      expect(Object.keys(attributes).filter((name) => name.startsWith('client.geo.'))).toEqual([]);
  });
});
