import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { type ForwardOptions, forwarding } from '../../../src/forward/forwarding.ts';
import { okAnswer } from '../../../src/forward/hop-answers.ts';
import type { HopAnswer, Outgoing } from '../../../src/forward/next-hop.ts';
import {
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis } from '../../../src/lib/time-format.ts';
import type { RequestFindings } from '../../../src/model/forward.ts';
import type { Request, Verdict } from '../../../src/model/request.ts';
import type { Micros, Ms } from '../../../src/model/time.ts';
import { TestCounters } from '../../support/counters.ts';
import { otlpBytes, request, TEN } from '../../support/events.ts';
import { aHit } from '../../support/hits.ts';
import { bodyOf, field, requestOf } from '../../support/protobuf.ts';

const OK: HopAnswer = okAnswer(new Uint8Array());
const REFUSED: HopAnswer = {
  verdict: { kind: 'relayed', code: 3, status: new Uint8Array() },
  answered: true,
  why: 'gRPC status 3: bad',
};

const NOTHING_FOUND: RequestFindings = { hits: [], matched: new Map(), countedBy: () => [], own: 0 };

function chain(options: Partial<ForwardOptions> = {}, answers: HopAnswer = OK, takesJson = true) {
  const sent: { readonly message: Outgoing; readonly timeout: Ms }[] = [];
  const counters = new TestCounters();
  const reports: string[] = [];
  const forward = forwarding(
    {
      takesJson,
      async send(message, timeout) {
        sent.push({ message, timeout });
        return answers;
      },
    },
    {
      timeout: millis(5000),
      keep: 'all',
      annotate: false,
      report: (what, why) => void reports.push(`${what}: ${why}`),
      ...options,
    },
    {
      preview: async (hits) => hits.map((_, i) => (i === 0 ? 'detection-1' : undefined)),
      counters,
      clock: () => TEN,
    },
  );
  return { forward, sent, counters, reports };
}

const records = requestOf(['a', 'b', 'c'].map(bodyOf));
const matching = (...matched: readonly number[]): RequestFindings => ({
  hits: [{ ...aHit(TEN), record: 1 }, aHit(TEN)],
  matched: new Map(matched.map((record) => [record, new Set(['base'])])),
  countedBy: (base) => [base, 'counting'],
  own: 0,
});

const bodiesOf = (bytes: Uint8Array): readonly unknown[] =>
  fromBinary(ExportLogsServiceRequestSchema, bytes).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body?.value.value)),
  );

describe('a request as it goes on', () => {
  test('is a copy of its bytes: their memory is used again when the request is answered', async () => {
    const { forward, sent, counters } = chain();
    const one = request(otlpBytes(['a']), 'otlp');
    expect(await forward.pass(one, NOTHING_FOUND)).toEqual(OK.verdict);
    const { bytes } = sent[0]!.message;
    expect(bytes.equals(one.bytes)).toBe(true);
    expect(bytes.buffer).not.toBe(one.bytes.buffer);
    expect(counters.of('forwarded', 'accepted')).toBe(1);
  });

  test.each<[string, Micros | undefined, number]>([
    ['the configured time without a deadline', undefined, 5000],
    ['what is left of an earlier deadline', (TEN + 1_500_000) as Micros, 1500],
    ['the configured time before a later deadline', (TEN + 60_000_000) as Micros, 5000],
  ])('has %s', async (_, deadline, wanted) => {
    const { forward, sent } = chain();
    const one = { ...request(records, 'otlp'), ...(deadline === undefined ? {} : { deadline }) };
    await forward.pass(one, NOTHING_FOUND);
    expect(sent[0]?.timeout).toBe(wanted);
  });

  test('does not go on after its deadline', async () => {
    const { forward, sent } = chain();
    const late = { ...request(records, 'otlp'), deadline: TEN };
    expect(await forward.pass(late, NOTHING_FOUND)).toMatchObject({ kind: 'unavailable' });
    expect(sent).toEqual([]);
  });

  test('has the headers of its sender, without those of its connection', async () => {
    const { forward, sent } = chain();
    const headers = new Map([
      ['x-tenant', 'one'],
      ['user-agent', 'otelcol'],
      ['host', 'here'],
      ['content-length', '7'],
      ['accept', '*/*'],
    ]);
    await forward.pass({ ...request(records, 'otlp'), headers }, NOTHING_FOUND);
    expect([...sent[0]!.message.headers.keys()]).toEqual(['x-tenant', 'sidewatch-hops']);
  });
});

describe('a loop', () => {
  test('a request that has passed this process is refused for now, and one that has passed another is not', async () => {
    const { forward, sent } = chain();
    await forward.pass(request(records, 'otlp'), NOTHING_FOUND);
    const again: Request = { ...request(records, 'otlp'), headers: sent[0]!.message.headers };
    expect(await forward.pass(again, NOTHING_FOUND)).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining('loop'),
    });
    const other = chain();
    expect(await other.forward.pass(again, NOTHING_FOUND)).toEqual(OK.verdict);
    expect(other.sent[0]?.message.headers.get('sidewatch-hops')).toMatch(/^[\w-]{36}, [\w-]{36}$/);
    const round: Request = { ...request(records, 'otlp'), headers: other.sent[0]!.message.headers };
    expect(await forward.pass(round, NOTHING_FOUND)).toMatchObject({ kind: 'unavailable' });
    expect(sent.length).toBe(1);
  });

  const own = Buffer.concat([records, requestOf([bodyOf('risk')], undefined, field(1, 'sidewatch'))]);
  const withOwn = { ...NOTHING_FOUND, own: 1 };

  test('records of our own scope are rejected, and the others go on', async () => {
    const { forward, sent, counters, reports } = chain();
    const verdict = await forward.pass(request(own, 'otlp'), withOwn);
    expect(sent[0]?.message.bytes).toEqual(records);
    expect(partialSuccessOf(verdict)).toMatchObject({
      rejectedLogRecords: 1n,
      errorMessage: expect.stringContaining('sidewatch'),
    });
    expect([counters.of('forward_looped'), reports.length]).toEqual([1, 1]);
  });

  test('the records that the next hop rejects are added to them', async () => {
    const said = field(1, Buffer.of(0x08, 2), field(2, 'two are bad'));
    const { forward } = chain({}, okAnswer(said));
    expect(partialSuccessOf(await forward.pass(request(own, 'otlp'), withOwn))).toMatchObject({
      rejectedLogRecords: 3n,
      errorMessage: expect.stringMatching(/^two are bad; records of the scope sidewatch/),
    });
  });

  test('of these records alone nothing goes on', async () => {
    const { forward, sent } = chain();
    const alone = requestOf([bodyOf('risk')], undefined, field(1, 'sidewatch'));
    expect(await forward.pass(request(alone, 'otlp'), withOwn)).toMatchObject({
      kind: 'accepted',
      rejected: 1,
    });
    expect(sent).toEqual([]);
  });

  test('a refusal of the next hop is the answer; nothing is counted', async () => {
    const { forward, counters } = chain({}, REFUSED);
    expect(await forward.pass(request(own, 'otlp'), withOwn)).toEqual(REFUSED.verdict);
    expect(counters.of('forward_looped')).toBe(0);
  });

  test('JSON that holds such a record is refused as a whole', async () => {
    const { forward } = chain();
    expect(await forward.pass(request('{}', 'otlp-json'), withOwn)).toMatchObject({ kind: 'malformed' });
  });
});

function partialSuccessOf(verdict: Verdict) {
  if (verdict.kind !== 'relayed') throw new Error(verdict.kind);
  return fromBinary(ExportLogsServiceResponseSchema, verdict.body!).partialSuccess;
}

describe('keep', () => {
  test.each<[ForwardOptions['keep'], readonly string[], number]>([
    ['all', ['a', 'b', 'c'], 0],
    ['matched', ['b'], 2],
    ['unmatched', ['a', 'c'], 1],
  ])('%s', async (keep, left, leftOut) => {
    const { forward, sent, counters } = chain({ keep });
    await forward.pass(request(records, 'otlp'), matching(1));
    expect(bodiesOf(sent[0]!.message.bytes)).toEqual(left);
    expect(counters.of('forward_left_out')).toBe(leftOut);
  });

  test('where nothing is to be kept, the request is accepted without the next hop', async () => {
    const { forward, sent } = chain({ keep: 'matched' });
    expect(await forward.pass(request(records, 'otlp'), NOTHING_FOUND)).toEqual({
      kind: 'accepted',
      rejected: 0,
    });
    expect(sent).toEqual([]);
  });

  test('records of a refused request are not counted: it comes again', async () => {
    const { forward, counters } = chain({ keep: 'matched' }, REFUSED);
    await forward.pass(request(records, 'otlp'), matching(1));
    expect(counters.of('forward_left_out')).toBe(0);
  });

  test('needs protobuf', async () => {
    const { forward } = chain({ keep: 'matched' });
    expect(await forward.pass(request('{}', 'otlp-json'), NOTHING_FOUND)).toMatchObject({
      kind: 'malformed',
      why: expect.stringContaining('forward.keep'),
    });
    const group = Buffer.of(0x0b, 0x0c);
    expect(await forward.pass(request(group, 'otlp'), NOTHING_FOUND)).toMatchObject({ kind: 'malformed' });
  });
});

describe('annotate', () => {
  test('a matched record has the ids of its rules, and of the detection that it would fire', async () => {
    const { forward, sent, counters } = chain({ annotate: true });
    await forward.pass(request(records, 'otlp'), matching(1, 2));
    const attributes = fromBinary(
      ExportLogsServiceRequestSchema,
      sent[0]!.message.bytes,
    ).resourceLogs[0]!.scopeLogs[0]!.logRecords.map((one) =>
      one.attributes.map(({ key, value }) => {
        const list = value?.value.case === 'arrayValue' ? value.value.value.values : [];
        return [key, list.map((text) => text.value.value)];
      }),
    );
    expect(attributes).toEqual([
      [],
      [
        ['sidewatch.rule.ids', ['base', 'counting']],
        ['sidewatch.detection.ids', ['detection-1']],
      ],
      [['sidewatch.rule.ids', ['base', 'counting']]],
    ]);
    expect(counters.of('forward_annotated')).toBe(2);
  });

  test('a request without matches does not change', async () => {
    const { forward, sent } = chain({ annotate: true });
    await forward.pass(request(records, 'otlp'), NOTHING_FOUND);
    expect(sent[0]?.message.bytes).toEqual(records);
  });
});

describe('what cannot go on', () => {
  test('JSON over gRPC', async () => {
    const { forward } = chain({}, OK, false);
    expect(await forward.pass(request('{}', 'otlp-json'), NOTHING_FOUND)).toMatchObject({
      kind: 'malformed',
      why: expect.stringContaining('http/protobuf'),
    });
  });

  test('JSON over HTTP can', async () => {
    const { forward, sent } = chain();
    await forward.pass(request('{}', 'otlp-json'), NOTHING_FOUND);
    expect(sent[0]?.message).toMatchObject({ json: true, bytes: Buffer.from('{}') });
  });

  test('what is not OTLP', () => {
    const { forward } = chain();
    const shapes = ['otlp', 'otlp-json', 'event-list', 'line'] as const;
    expect(shapes.filter(forward.takes)).toEqual(['otlp', 'otlp-json']);
  });
});

describe('a request that cannot be read', () => {
  test('goes on as it is: the next hop decides about it', async () => {
    const { forward, sent, counters, reports } = chain({ annotate: true });
    const broken = Buffer.from([1, 2, 3]);
    expect(await forward.passUnread(request(broken, 'otlp'), 'broken')).toEqual(OK.verdict);
    expect(sent[0]?.message.bytes).toEqual(broken);
    expect([counters.of('forward_unread'), reports]).toEqual([
      1,
      ['requests that cannot be read were forwarded all the same: broken'],
    ]);
  });

  test('is refused where it would have to be edited', async () => {
    const { forward, sent } = chain({ keep: 'unmatched' });
    expect(await forward.passUnread(request('x', 'otlp'), 'broken')).toEqual({
      kind: 'malformed',
      why: 'broken',
    });
    expect(sent).toEqual([]);
  });
});

test.each<[string, HopAnswer, number]>([
  ['refused', REFUSED, 1],
  [
    'no_answer',
    { verdict: { kind: 'unavailable', retryAfter: millis(1), why: 'down' }, answered: false, why: 'down' },
    0,
  ],
])('a request that was %s is counted as such', async (result, answer, reported) => {
  const { forward, counters, reports } = chain({}, answer);
  expect(await forward.pass(request(records, 'otlp'), NOTHING_FOUND)).toEqual(answer.verdict);
  expect([counters.of('forwarded', result), reports.length]).toEqual([1, reported]);
});
