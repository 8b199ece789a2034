import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventTooLarge } from '../../src/audit/document/charge.ts';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { read } from '../../src/audit/read.ts';
import type { FileLine } from '../../src/commands/replay/file-line.ts';
import { InputTally } from '../../src/commands/replay/input-tally.ts';
import { LineReading, lineRequest } from '../../src/commands/replay/line-reading.ts';
import type { EventContext, EventReader, ReadOutcome } from '../../src/model/event.ts';
import { PlaceFileOpening } from '../../src/model/event.ts';
import type { Request } from '../../src/model/request.ts';
import type { Micros } from '../../src/model/time.ts';
import { TEN } from '../support/events.ts';
import { runs } from '../support/property.ts';

const PLAN = compilePlan([
  { path: 'auditID', literals: [] },
  { path: 'k8s.cluster.name', literals: [] },
]);
const [AUDIT_ID, CLUSTER] = [PLAN.id('auditID'), PLAN.id('k8s.cluster.name')];

const audit = fc
  .record({
    auditID: fc.stringMatching(/^[abz][a-z]{0,3}$/),
    stageTimestamp: fc.constantFrom('2026-01-15T10:00:00.000001Z', '2026-01-15T10:07:00.5Z', 'soon', null),
    verb: fc.constantFrom('get', 'list'),
  })
  .map((one) => ({ apiVersion: 'audit.k8s.io/v1', kind: 'Event', stage: 'ResponseComplete', ...one }));

const line = fc.oneof(
  { weight: 6, arbitrary: audit.map((one) => JSON.stringify(one)) },
  audit.map((one) => `${JSON.stringify(one)}\r`),
  fc
    .array(audit, { maxLength: 3 })
    .map((items) => JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items })),
  fc.tuple(audit, audit).map((all) => all.map((one) => JSON.stringify(one)).join('')),
  audit.map((one) => JSON.stringify({ log: JSON.stringify(one), stream: 'stdout' })),
  audit.map((one) =>
    JSON.stringify({
      logGroup: '/aws/eks/far/cluster',
      logStream: 's',
      logEvents: [{ id: '1', timestamp: 1, message: JSON.stringify(one) }],
      messageType: 'DATA_MESSAGE',
      owner: 'o',
    }),
  ),
  audit.map((one) => `2026-01-15T09:03:11Z stdout F ${JSON.stringify(one)}`),
  audit.map((one) => JSON.stringify(one).slice(0, -5)),
  fc.constantFrom(
    '{"other":1}',
    '{}',
    'a text',
    '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[1]}',
  ),
);

/** Lines as they come: several of one buffer, or each in its own; one is too large. */
const lines = fc
  .array(fc.tuple(fc.option(line, { freq: 15 }), fc.boolean()), { maxLength: 12 })
  .map((all) => {
    const whole = Buffer.from(all.map(([text]) => text ?? '').join('\n'));
    let at = 0;
    return all.map(([text, own], i): FileLine => {
      const size = Buffer.byteLength(text ?? '');
      const view = whole.subarray(at, at + size);
      at += size + 1;
      return { number: i + 1, bytes: text === null ? undefined : own ? Buffer.from(view) : view };
    });
  });

type Counts = Record<string, number>;

function addTo(counts: Counts, outcome: ReadOutcome): void {
  if ('malformed' in outcome) throw new Error(outcome.malformed);
  const { records, events, rejected, several = 0, truncated = 0, nulBytes = 0, passedBy, slow } = outcome;
  const all = { records, events, rejected, several, truncated, nulBytes, ...passedBy, ...slow };
  for (const [name, count] of Object.entries(all)) counts[name] = (counts[name] ?? 0) + count;
}

/** Of some events too much is asked. */
const ask = (event: EventReader) => {
  if (String(event.scalar(AUDIT_ID, 0)).startsWith('z')) throw new EventTooLarge('a rule asks too much');
};

const seenAs = (event: EventReader, { at, timed, fallback }: EventContext) =>
  `${event.scalar(AUDIT_ID, 0)} ${event.count(CLUSTER) > 0 ? event.scalar(CLUSTER, 0) : '-'} ${at} ${timed} ${fallback}`;

async function byRuns(all: readonly FileLine[], disturbed: ReadonlySet<number>) {
  const told: string[] = [];
  const tally = new InputTally((text) => told.push(text));
  const options = { cluster: 'near', times: { from: undefined, to: undefined }, tally };
  const reading = new LineReading('log', options, TEN);
  const seen: string[] = [];
  const counts: Counts = {};
  let visits = 0;
  for (let next = 0; next < all.length; next += reading.taken) {
    const request = reading.begin(all, next);
    if (request === undefined) continue;
    for (;;) {
      const own: string[] = [];
      try {
        const outcome = await reading.read(request, PLAN, (event, about) => {
          if (disturbed.has(visits++)) throw new PlaceFileOpening(Promise.resolve());
          ask(event);
          own.push(seenAs(event, about));
        });
        addTo(counts, outcome);
        reading.end({ ...(outcome as { rejected: number; why?: string }), hits: [] });
        seen.push(...own);
        break;
      } catch (error) {
        if (!(error instanceof PlaceFileOpening)) throw error;
      }
    }
  }
  return { seen, counts, told, lines: tally.lines, covered: tally.covered, unread: tally.unread };
}

async function oneByOne(all: readonly FileLine[]) {
  const told: string[] = [];
  const tally = new InputTally((text) => told.push(text));
  const seen: string[] = [];
  const counts: Counts = {};
  let newest = TEN;
  for (const one of all) {
    tally.lines++;
    if (one.bytes === undefined) {
      tally.unread.push(`log:${one.number}  the line is longer than 64 MiB and was not read`);
      continue;
    }
    const request: Request = lineRequest(one, newest, 'near');
    const outcome = await read(request, PLAN, (event, about) => {
      if (about.at > newest) newest = about.at as Micros;
      tally.look(about.at);
      ask(event);
      seen.push(seenAs(event, about));
    });
    addTo(counts, outcome);
    if ('rejected' in outcome && outcome.rejected > 0)
      tally.addMalformed(`log:${one.number}`, outcome.why ?? 'malformed');
  }
  return { seen, counts, told, lines: tally.lines, covered: tally.covered, unread: tally.unread };
}

describe('lines that are read in runs', () => {
  test('give the events, counts and faults of each line by itself, also where reading begins again', async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.uniqueArray(fc.nat(20), { maxLength: 3 }), async (all, disturbed) => {
        expect(await byRuns(all, new Set(disturbed))).toEqual(await oneByOne(all));
      }),
      runs(500),
    );
  });

  test('are as few requests as there are other lines between them', async () => {
    const event = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"X"}';
    const text = Buffer.from(`${event}\n`.repeat(100));
    const all = Array.from({ length: 100 }, (_, i): FileLine => {
      const start = i * (event.length + 1);
      return { number: i + 1, bytes: text.subarray(start, start + event.length) };
    });
    const tally = new InputTally(() => {});
    const reading = new LineReading(
      'log',
      { cluster: undefined, times: { from: undefined, to: undefined }, tally },
      TEN,
    );
    for (const from of [0, 40]) {
      await reading.read(reading.begin(all, from)!, PLAN, () => {});
      expect(reading.taken).toBe(100 - from);
    }
  });
});
