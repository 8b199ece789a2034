import { expect, test } from 'vitest';
import type { WarmGroup } from '../../../../src/correlate/warm-groups.ts';
import { FACTS } from '../../../../src/model/hit.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { createCounters } from '../../../../src/ops/counter-store.ts';
import { redactor } from '../../../../src/risk/redaction/redactor.ts';
import { type LiveParts, liveState, liveStateText } from '../../../../src/serve/live/live-state.ts';
import { TEN } from '../../../support/events.ts';
import { aRule } from '../../../support/hits.ts';

function parts(more: Partial<LiveParts> = {}, groups: readonly Partial<WarmGroup>[] = []): LiveParts {
  return {
    counters: createCounters(),
    state: {
      warming: () =>
        groups.map((one) => ({
          rule: aRule(),
          group: { 'client.address': '192.0.2.1' },
          count: 1,
          of: 6,
          at: TEN,
          values: {},
          fired: false,
          ...one,
        })),
      held: { groups: 3, bytes: 1000 },
      outbox: { left: () => 2, oldest: () => (TEN - 5_000_000) as Micros },
    },
    rules: () => [],
    ruleName: (id) => `name of ${id}`,
    redact: redactor(),
    bytesMax: 4000,
    memory: undefined,
    destinations: [],
    clusters: { all: new Map() },
    readiness: { now: () => ({ ready: true, reasons: [] }) },
    clock: () => TEN,
    ...more,
  };
}

test('the groups nearest to a detection come first, then by their latest hit; those that fired come last', () => {
  const { warming } = liveState(
    parts({}, [
      { count: 6, fired: true },
      { count: 2 },
      { count: 5 },
      { count: 2, at: (TEN + 1000) as Micros },
      { count: 9, of: undefined },
    ]),
  );
  expect(warming.map(({ count, of, fired }) => [count, of, fired])).toEqual([
    [5, 6, false],
    [2, 6, false],
    [2, 6, false],
    [9, null, false],
    [6, 6, true],
  ]);
  expect(warming[1]!.at).toBe(warming[2]!.at + 1);
});

test('a group has its client and place, and no secret, nor what is too long', () => {
  const secret = `ghp_${'a1B2'.repeat(9)}`;
  const group = {
    'client.address': null,
    'requestObject.data.password': 'open',
    userAgent: `curl ${secret}`,
    name: 'x'.repeat(1000),
  };
  const values = {
    [FACTS.client]: ['192.0.2.1'],
    [FACTS.city]: ['London'],
    [FACTS.country]: ['United Kingdom'],
    [FACTS.user]: [secret],
    [FACTS.cluster]: [''],
    [FACTS.agent]: ['not shown'],
  };
  const [shown] = liveState(parts({}, [{ group, values }])).warming;
  expect(shown).toEqual({
    rule: 'name of rule',
    title: 'Rule',
    level: 'medium',
    group: [
      ['client.address', null],
      ['requestObject.data.password', '<redacted>'],
      ['userAgent', 'curl <redacted>'],
      ['name', `${'x'.repeat(200)}…`],
    ],
    count: 1,
    of: 6,
    fired: false,
    at: TEN / 1000,
    client: '192.0.2.1',
    place: 'London, United Kingdom',
    user: '<redacted>',
    cluster: '',
  });
});

test('silent rules, and rules that did nothing, are not shown', () => {
  const counters = createCounters();
  const rules = [
    aRule({ id: 'fired', inputs: ['a', 'b'] }),
    aRule({ id: 'matched', inputs: ['b'] }),
    aRule({ id: 'silent', inputs: ['a'], silent: true }),
    aRule({ id: 'nothing', inputs: ['c'] }),
  ];
  counters.add('matches', 3, 'a');
  counters.add('matches', 4, 'b');
  counters.add('detections', 1, 'fired', 'medium');
  const state = liveState(parts({ counters, rules: () => rules }, [{ rule: rules[2]! }]));
  expect(state.warming).toEqual([]);
  expect(state.rules).toMatchObject([
    { name: 'name of fired', matched: 7, fired: 1 },
    { name: 'name of matched', matched: 4, fired: 0 },
  ]);
  expect(state.totals).toEqual({ requests: 0, events: 0, matches: 7, detections: 1 });
});

test('bounds, queues, clusters and what gave way', () => {
  const counters = createCounters();
  counters.add('exported', 7, 'siem');
  counters.add('export_dead', 1, 'siem');
  counters.add('groups_evicted', 2, 'rule');
  const state = liveState(
    parts({
      counters,
      memory: () => ({ used: 1, of: 2 }),
      destinations: [{ name: 'siem', target: 'http://siem', capacity: 10 }],
      clusters: { all: new Map([['prod', { last: TEN, lag: 2_000_000 }]]) },
      readiness: { now: () => ({ ready: false, reasons: ['why'] }) },
    }),
  );
  expect(state).toMatchObject({
    ready: false,
    reasons: ['why'],
    groups: 3,
    bounds: [
      { name: 'windows', used: 1000, of: 4000 },
      { name: 'process', used: 1, of: 2 },
    ],
    destinations: [
      {
        name: 'siem',
        target: 'http://siem',
        waiting: 2,
        capacity: 10,
        oldest: 5000,
        delivered: 7,
        retries: 0,
        refused: 1,
      },
    ],
    clusters: [{ name: 'prod', last: TEN / 1000, lag: 2000 }],
    losses: [
      { name: 'export_dead', count: 1, what: expect.any(String) },
      { name: 'groups_evicted', count: 2, what: expect.any(String) },
    ],
  });
});

test('as text it is one line, whatever is in it', () => {
  const text = liveStateText(
    parts({ clusters: { all: new Map([['a\nb\u2028c\r', { last: TEN, lag: 0 }]]) } }),
  );
  expect(text).not.toMatch(/[\r\n\u2028]/);
  expect(JSON.parse(text).clusters[0].name).toBe('a\nb\u2028c\r');
});
