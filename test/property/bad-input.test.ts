import { constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { read } from '../../src/audit/read.ts';
import { ExportLogsServiceResponseSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { CounterName } from '../../src/model/counters.ts';
import type { Receiver, Request } from '../../src/model/request.ts';
import type { Micros } from '../../src/model/time.ts';
import { startAuditWebhook } from '../../src/receive/http/audit-webhook.ts';
import { startOtlpHttp } from '../../src/receive/http/otlp-over-http.ts';
import { type Engine, engine } from '../support/engine.ts';
import { otlpBytes, refused, request, TEN } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { bodyOf, field, requestOf } from '../support/protobuf.ts';
import { ONE_RULE } from '../support/sidewatch.ts';
import { tell } from '../unit/audit/told.ts';
import { JSON_TYPE, PROTOBUF, post } from '../unit/receive/http-client.ts';
import { edits, escapes, mutate, plan, same, withBody } from './both-readers.ts';
import { VALID, VALID_ATTRIBUTES } from './envelope-generators.ts';

// Whatever comes over OTLP/HTTP and from an audit webhook: it is answered and counted, and the next request is served.

const LIMIT = 256 * 1024;

/** Brackets in brackets: some that every reader follows, some that none does. */
const nested = fc
  .tuple(fc.constantFrom(1, 60, 255, 256, 257, 5000, 30_000), fc.constantFrom('[', '{"a":'), fc.boolean())
  .map(([depth, open, closed]) => {
    const close = open === '[' ? ']' : '}';
    return `${open.repeat(depth)}0${closed ? close.repeat(depth) : ''}`;
  });
/** What may stand where JSON has a value. */
const oddValue = fc.oneof(
  nested,
  fc.constantFrom('"\\ud800"', '"\\u0000"', '1e999', '-0', '01', '1.', 'NaN', 'nul', "'a'", '"\n"', ''),
  fc.constantFrom(1000, 70_000).map((length) => `"${'y'.repeat(length)}"`),
  fc.constantFrom(400, 20_000).map((length) => '9'.repeat(length)),
);
/** What may stand in a string: no UTF-8, or hardly. */
const oddBytes = fc.constantFrom(
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xe2, 0x82]),
  Buffer.from([0]),
  Buffer.from('\ufeff'),
);
const oddKey = fc.constantFrom(
  ...['verb', 'auditID', 'stage', 'items', 'kind', 'apiVersion', 'log', 'resourceLogs', 'body', 'records'],
  ...['protoPayload', '__proto__', '', 'z'.repeat(70_000)],
);

const documents = fc.oneof(...Object.values(VALID));
const text = fc.tuple(documents, fc.constantFrom('plain', 'escaped')).map(([document, how]) =>
  how === 'plain'
    ? JSON.stringify(document)
    : `{${Object.entries(document)
        .map(([key, value]) => `${escapes(key)}:${JSON.stringify(value)}`)
        .join(',')}}`,
);

/** A document with a pair of its own at its beginning or its end: often a key twice, or a value that is none. */
const withOddPair = fc.tuple(text, oddKey, oddValue, fc.boolean()).map(([whole, key, value, first]) => {
  const pair = `${JSON.stringify(key)}:${value}`;
  return first ? `{${pair},${whole.slice(1)}` : `${whole.slice(0, -1)},${pair}}`;
});
const withOddBytes = fc.tuple(text, oddBytes, fc.nat()).map(([whole, odd, at]) => {
  const bytes = Buffer.from(whole);
  const cut = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, cut), odd, bytes.subarray(cut)]);
});
const edited = fc.tuple(text, edits).map(([whole, how]) => mutate(Buffer.from(whole), how));
const oddDocument = fc.oneof<fc.Arbitrary<Uint8Array>[]>(
  withOddPair.map((whole) => Buffer.from(whole)),
  withOddBytes,
  edited,
  oddValue.map((value) => Buffer.from(value)),
);

/** An AnyValue that is a list of a list of a list ... */
function deepAny(depth: number): Buffer {
  let value = field(1, 'x');
  for (let i = 0; i < depth; i++) value = field(5, field(1, value));
  return value;
}
/** In the body or in an attribute. */
const deepRecord = (depths: readonly number[]) =>
  fc
    .tuple(fc.constantFrom(...depths), fc.constantFrom(5, 6))
    .map(([depth, no]) =>
      no === 5 ? field(5, deepAny(depth)) : field(6, field(1, 'key'), field(2, deepAny(depth))),
    );
/** Beyond the depth that is read: a message of protobuf is one level, and so a list is two. */
const TOO_DEEP = [500, 2000];
const record = fc.oneof(
  oddDocument.map((bytes) => field(5, field(1, bytes))),
  oddDocument.map((bytes) => field(5, field(7, bytes))),
  fc.oneof(...Object.values(VALID_ATTRIBUTES)).map((attributes) => recordIn(withBody(undefined, attributes))),
  deepRecord([1, 50, 100, 400]),
  fc.uint8Array({ maxLength: 30 }),
);
const AUDIT = JSON.stringify(refused(TEN, ['192.0.2.9']));

/** The bytes of the only record of a small request. */
function recordIn(bytes: Uint8Array): Buffer {
  const whole = Buffer.from(bytes);
  const inner = (from: Buffer): Buffer => {
    let [at, length, shift] = [1, 0, 0];
    for (; ; shift += 7) {
      const byte = from[at++]!;
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) return from.subarray(at, at + length);
    }
  };
  return inner(inner(inner(whole)));
}

/** Often with a good record before and behind the odd one. */
const protobuf = fc
  .tuple(fc.array(record, { minLength: 1, maxLength: 3 }), fc.boolean(), fc.option(edits))
  .map(([records, among, how]) => {
    const good = among ? [bodyOf(AUDIT)] : [];
    const bytes = requestOf([...good, ...records, ...good]);
    return how === null ? bytes : mutate(bytes, how);
  });
/** OTLP as JSON: the odd document is a body as text, or stands in the place of a body. */
const otlpJson = fc
  .tuple(oddDocument, fc.constantFrom('text', 'value', 'all'), fc.option(edits))
  .map(([odd, as, how]) => {
    const [before, behind] = [
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":${JSON.stringify(AUDIT)}}},{"body":`,
      '}]}]}]}',
    ];
    if (as === 'all') return odd;
    const value =
      as === 'text' ? Buffer.from(JSON.stringify({ stringValue: Buffer.from(odd).toString() })) : odd;
    const bytes = Buffer.concat([Buffer.from(before), value, Buffer.from(behind)]);
    return how === null ? bytes : mutate(bytes, how);
  });
/** A webhook's EventList: the odd document is one of its items, or stands in the place of the list. */
const eventList = fc
  .tuple(oddDocument, fc.constantFrom('item', 'items', 'all'), fc.option(edits))
  .map(([odd, as, how]) => {
    if (as === 'all') return odd;
    const items = as === 'items' ? [odd] : [Buffer.from(`[${AUDIT},`), odd, Buffer.from(`,${AUDIT}]`)];
    const head = '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":';
    const bytes = Buffer.concat([Buffer.from(head), ...items, Buffer.from('}')]);
    return how === null ? bytes : mutate(bytes, how);
  });
const BODIES = { otlp: protobuf, 'otlp-json': otlpJson, 'event-list': eventList, line: oddDocument };

/** Reads all that there is to read. Each record has an event, is rejected, or is passed by: none is dropped silently. */
async function addsUp(from: Request): Promise<void> {
  const withEvents = new Set<number>();
  const outcome = await read(from, plan, (event, { record: index }) => {
    withEvents.add(index);
    tell(event, plan);
    event.someLeaf(() => false);
  });
  if ('malformed' in outcome) {
    expect(outcome.malformed).not.toBe('');
    return;
  }
  const { records, events, rejected, why } = outcome;
  const passedBy = Object.values(outcome.passedBy).reduce((sum, n) => sum + n, 0);
  expect(withEvents.size).toBeLessThanOrEqual(events);
  expect(passedBy + withEvents.size).toBeLessThanOrEqual(records);
  expect(passedBy + rejected).toBeLessThanOrEqual(records);
  expect(passedBy + rejected + withEvents.size).toBeGreaterThanOrEqual(records);
  expect(rejected > 0).toBe(why !== undefined);
}

describe.each(Object.entries(BODIES))('a body that is read as %s', (shape, bodies) => {
  test('ends in events, in rejected records or in records that are passed by', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, (bytes) => addsUp(request(bytes, shape as Request['shape']))),
      runs(400),
    );
  });
});

test('a record that is nested too deeply costs no other record', async () => {
  await fc.assert(
    fc.asyncProperty(deepRecord(TOO_DEEP), fc.nat(3), async (deep, at) => {
      const records = Array.from({ length: 3 }, () => bodyOf(AUDIT)).toSpliced(at, 0, deep);
      expect(await read(request(requestOf(records), 'otlp'), plan, () => {})).toMatchObject({
        records: 4,
        events: 3,
        rejected: 1,
        why: `record ${at}: nested too deeply`,
      });
    }),
    runs(30),
  );
});

test('both readers say the same of odd documents and of odd records', async () => {
  await fc.assert(
    fc.asyncProperty(protobuf, oddDocument, async (bytes, document) => {
      await same(request(bytes, 'otlp'));
      await same(request(document, 'line'));
    }),
    runs(200),
  );
});

const whole = { finishFlush: constants.Z_FINISH };
const ENCODINGS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  identity: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, whole),
  deflate: (bytes) => deflateSync(bytes, whole),
  zstd: (bytes) => zstdCompressSync(bytes),
};
/** A body as it is sent: encoded, damaged on its way, as something that it is not, or far larger when it is opened. */
const onTheWire = (bodies: fc.Arbitrary<Uint8Array>) =>
  fc
    .tuple(
      fc.oneof(
        { weight: 9, arbitrary: bodies },
        { weight: 1, arbitrary: fc.constant(Buffer.alloc(4 * LIMIT)) },
      ),
      fc.constantFrom(...Object.keys(ENCODINGS)),
      fc.constantFrom(...Object.keys(ENCODINGS), 'br'),
      fc.boolean(),
      fc.option(edits, { freq: 3 }),
    )
    .map(([bytes, truly, claimed, honest, how]) => {
      const encoded = ENCODINGS[truly]!(bytes);
      return {
        body: how === null ? encoded : mutate(encoded, how),
        encoding: honest ? truly : claimed,
      };
    });

describe('over real sockets', () => {
  let detecting: Engine;
  let otlp: Receiver;
  let webhook: Receiver;
  let refusals = 0;
  beforeAll(async () => {
    detecting = await engine(ONE_RULE);
    const options = { endpoint: '127.0.0.1:0', maxRequestBytes: LIMIT, refused: () => void refusals++ };
    otlp = await startOtlpHttp(options, detecting.receive, () => TEN);
    webhook = await startAuditWebhook({ ...options, path: '/audit' }, detecting.receive, () => TEN);
  });
  afterAll(async () => {
    await otlp.stop(AbortSignal.abort());
    await webhook.stop(AbortSignal.abort());
  });

  const COUNTED = ['requests', 'records', 'events', 'records_rejected', 'records_passed_by'] as const;
  const counts = () =>
    Object.fromEntries(COUNTED.map((name) => [name, detecting.counters.of(name)])) as Record<
      CounterName,
      number
    >;

  /** Sends it, and compares the answer with what was counted. */
  async function isCounted(
    to: string,
    sent: { path: string; headers: Record<string, string>; body: Uint8Array },
  ) {
    const [before, refusedBefore] = [counts(), refusals];
    const { status, body } = await post(to, sent);
    const after = counts();
    const more = (name: CounterName) => after[name] - before[name];
    expect([200, 400, 413]).toContain(status);
    // Each request is counted at one place: where it was refused, or where it was read.
    expect(more('requests') + refusals - refusedBefore).toBe(1);
    if (status !== 200) {
      expect(body.length).toBeGreaterThan(0);
      expect([more('records'), more('events')]).toEqual([0, 0]);
      return;
    }
    const found = more('events') + more('records_rejected') + more('records_passed_by');
    expect(found).toBeGreaterThanOrEqual(more('records'));
    if (sent.headers['content-type'] !== PROTOBUF['content-type']) return;
    const { partialSuccess } = fromBinary(ExportLogsServiceResponseSchema, body);
    expect(Number(partialSuccess?.rejectedLogRecords ?? 0)).toBe(more('records_rejected'));
  }

  test.each([
    ['OTLP/HTTP, protobuf', () => otlp, '/v1/logs', PROTOBUF, protobuf],
    ['OTLP/HTTP, JSON', () => otlp, '/v1/logs', JSON_TYPE, otlpJson],
    ['an audit webhook', () => webhook, '/clusters/prod', JSON_TYPE, eventList],
  ])('each request is answered and counted: %s', async (_, to, path, type, bodies) => {
    await fc.assert(
      fc.asyncProperty(onTheWire(bodies), ({ body, encoding }) =>
        isCounted(to().address, { path, headers: { ...type, 'content-encoding': encoding }, body }),
      ),
      runs(150),
    );
  });

  test('and a scan that comes after all of them is detected', async () => {
    const scan = Array.from({ length: 6 }, (_, i) =>
      refused((TEN + (i + 1) * 1_000_000) as Micros, ['203.0.113.77']),
    );
    expect((await post(otlp.address, { body: gzipSync(otlpBytes(scan)), headers: GZIP })).status).toBe(200);
    const fired = await detecting.fired();
    expect(fired.map(({ body }) => body)).toContain('Kubernetes scanning from ip 203.0.113.77');
  });
});

const GZIP = { ...PROTOBUF, 'content-encoding': 'gzip' };
