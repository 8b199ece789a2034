import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { create, fromBinary, fromJson, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { RetryInfoSchema } from '../../src/gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../src/gen/google/rpc/status_pb.ts';
import {
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { LogRecordSchema } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { millis, seconds } from '../../src/lib/time-format.ts';
import type { Handle, Receiver, Request, Verdict } from '../../src/model/request.ts';
import { type GrpcOptions, startGrpc } from '../../src/receive/grpc/grpc.ts';
import { type OtlpOverHttpOptions, startOtlpHttp } from '../../src/receive/http/otlp-over-http.ts';
import { REPLY, reply } from '../../src/receive/reply.ts';
import { tokensIn } from '../../src/receive/tokens.ts';
import { engine } from '../support/engine.ts';
import { type AuditEvent, otlpBytes, refused, TEN } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { ONE_RULE } from '../support/sidewatch.ts';
import { client, frame, rawCall } from '../unit/receive/client.ts';
import { type HttpReply, JSON_TYPE, PROTOBUF, post, statusOf } from '../unit/receive/http-client.ts';

// What the OpenTelemetry Collector's OTLP receiver (v0.159.0) is tested for, row by row: the number, the name of its test, and
// what we do. Where we do something else on purpose, the test is of that and says why. Rows without a number are tested
// nowhere there, and senders need them all the same.

const MIB = 2 ** 20;
const LIMIT = 4 * MIB;
const OK: Verdict = { kind: 'accepted', rejected: 0 };
const RETRYABLE: Verdict = { kind: 'unavailable', retryAfter: seconds(1), why: 'my error' };
const now = AbortSignal.abort();

/** What a collector sent for one run of kube-hunter. */
const capture = (name: string) =>
  readFileSync(new URL(`../captures/otlp/kube-hunter.${name}`, import.meta.url));
const PB = capture('grpc.bin');
const AS_JSON = capture('http-json.json');

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** A sink, and what it answers: the same to all, or one after the other. */
function sinking(verdicts: Verdict | readonly (Verdict | Error)[] = OK) {
  const sink: Request[] = [];
  const waiting = Array.isArray(verdicts) ? [...verdicts] : undefined;
  const handle: Handle = async (request) => {
    const verdict = waiting ? waiting.shift() : (verdicts as Verdict);
    if (verdict instanceof Error) throw verdict;
    if (verdict?.kind === 'accepted') sink.push({ ...request, bytes: Buffer.from(request.bytes) });
    return verdict!;
  };
  return { sink, handle };
}

async function overGrpc(handle: Handle, options: Partial<GrpcOptions> = {}): Promise<Receiver> {
  const receiver = await startGrpc(
    { endpoint: '127.0.0.1:0', maxRequestBytes: LIMIT, ...options },
    handle,
    () => TEN,
  );
  ends.push(() => receiver.stop(now));
  return receiver;
}

async function overHttp(handle: Handle, options: Partial<OtlpOverHttpOptions> = {}): Promise<Receiver> {
  const receiver = await startOtlpHttp(
    { endpoint: '127.0.0.1:0', maxRequestBytes: LIMIT, ...options },
    handle,
    () => TEN,
  );
  ends.push(() => receiver.stop(now));
  return receiver;
}

function grpcClient(address: string, options = {}) {
  const one = client(address, options);
  ends.push(() => one[Symbol.dispose]());
  return one;
}

const typeOf = ({ headers }: HttpReply) => headers['content-type'];
const relayed = (code: number, delay?: number): Verdict => {
  const details =
    delay === undefined
      ? []
      : [
          anyPack(
            RetryInfoSchema,
            create(RetryInfoSchema, { retryDelay: durationFromMs(millis(delay * 1000)) }),
          ),
        ];
  const status = create(StatusSchema, { code, message: 'my error', details });
  return { kind: 'relayed', code, status: toBinary(StatusSchema, status) };
};

describe('internal/logs/otlp_test.go', () => {
  test('1 TestExport', async () => {
    const { sink, handle } = sinking();
    const { code, body } = await grpcClient((await overGrpc(handle)).address).call(PB);
    const http = await post((await overHttp(handle)).address, { body: PB });
    expect([code, body, http.status, http.body]).toEqual([0, Buffer.alloc(0), 200, Buffer.alloc(0)]);
    expect(sink.map(({ bytes }) => PB.equals(bytes))).toEqual([true, true]);
    expect(fromBinary(ExportLogsServiceResponseSchema, http.body).partialSuccess).toBeUndefined();
  });

  test('2 TestExport_EmptyRequest: OK; the request is counted, but no record of it', async () => {
    const { receive, counters } = await engine(ONE_RULE);
    expect((await grpcClient((await overGrpc(receive)).address).call(new Uint8Array())).code).toBe(0);
    const { address } = await overHttp(receive);
    expect((await post(address)).status).toBe(200);
    expect((await post(address, { body: '{}', headers: JSON_TYPE })).status).toBe(200);
    expect([counters.of('requests'), counters.of('records')]).toEqual([3, 0]);
  });

  test('3 TestExport_NonPermanentErrorConsumer', async () => {
    const { address } = await overGrpc(sinking(RETRYABLE).handle);
    expect(await grpcClient(address).call(PB)).toMatchObject({ code: 14, message: 'my error' });
  });

  test('4 TestExport_PermanentErrorConsumer: INTERNAL for a bug of ours, without its words; INVALID_ARGUMENT for bad input', async () => {
    const { address } = await overGrpc(
      sinking([new Error('my error'), { kind: 'malformed', why: 'my error' }]).handle,
    );
    const sender = grpcClient(address);
    expect(await sender.call(PB)).toMatchObject({ code: 13, message: 'internal error' });
    expect(await sender.call(PB)).toMatchObject({ code: 3, message: 'my error' });
  });
});

describe.each([
  ['5-8, 9-12 TestJSONHTTP', AS_JSON, 'application/json', 'otlp-json', '{}'],
  ['13-19 TestProtoHTTP', PB, 'application/x-protobuf', 'otlp', ''],
] as const)('%s', (_rows, body, type, shape, empty) => {
  test.each([
    ['Uncompressed', type, '', (bytes: Buffer) => bytes],
    ['UTF8', `${type}; charset=utf-8`, '', (bytes: Buffer) => bytes],
    ['Uppercase', type.toUpperCase(), '', (bytes: Buffer) => bytes],
    ['GzipCompressed', type, 'gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['ZstdCompressed', type, 'zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('%s', async (_name, contentType, encoding, pack) => {
    const { sink, handle } = sinking();
    const { address } = await overHttp(handle);
    const headers = { 'content-type': contentType, ...(encoding && { 'content-encoding': encoding }) };
    const answer = await post(address, { body: pack(body), headers });
    expect([answer.status, typeOf(answer), String(answer.body)]).toEqual([200, type, empty]);
    expect(sink).toHaveLength(1);
    expect(sink[0]!.shape).toBe(shape);
    expect(body.equals(sink[0]!.bytes)).toBe(true);
  });

  test.each<[string, Verdict | Error, number, number]>([
    ['PermanentNotGRPCError', new Error('my error'), 500, 13],
    ['RetryableNotGRPCError', RETRYABLE, 503, 14],
    ['PermanentGRPCError', relayed(13), 500, 13],
    ['RetryableGRPCError', relayed(14), 503, 14],
    ['InvalidArgumentError', relayed(3), 400, 3],
  ])('%s', async (_name, verdict, status, code) => {
    const { sink, handle } = sinking([verdict]);
    const { address } = await overHttp(handle);
    const answer = await post(address, { body, headers: { 'content-type': type } });
    expect([answer.status, typeOf(answer)]).toEqual([status, type]);
    const message = verdict instanceof Error ? 'internal error' : 'my error';
    expect(statusOf(answer)).toMatchObject({ code, message });
    expect(sink).toEqual([]);
  });
});

describe('TestHandleInvalidRequests', () => {
  const supported = '[application/json, application/x-protobuf]';
  test.each([[{}], [{ 'content-type': 'invalid' }]])('20 POST with %o', async (headers) => {
    const answer = await post((await overHttp(sinking().handle)).address, { headers });
    expect([answer.status, typeOf(answer), String(answer.body)]).toEqual([
      415,
      'text/plain',
      `415 unsupported media type, supported: ${supported}`,
    ]);
  });

  test.each(['PATCH', 'GET', 'OPTIONS'])('21 %s', async (method) => {
    const answer = await post((await overHttp(sinking().handle)).address, { method });
    expect([answer.status, typeOf(answer), answer.headers.allow, String(answer.body)]).toEqual([
      405,
      'text/plain',
      'POST',
      '405 method not allowed, supported: [POST]',
    ]);
  });

  test('22 POST with a number as JSON', async () => {
    const { receive } = await engine(ONE_RULE);
    const answer = await post((await overHttp(receive)).address, { body: '1234', headers: JSON_TYPE });
    expect([answer.status, typeOf(answer), statusOf(answer).code]).toEqual([400, 'application/json', 3]);
  });

  test('another path is not there', async () => {
    const { address } = await overHttp(sinking().handle);
    for (const path of ['/', '/v1/traces', '/v1/logs/'])
      expect((await post(address, { path })).status).toBe(404);
  });
});

describe('TestOTLPReceiverInvalidContentEncoding', () => {
  test.each([
    ['23 JSONGzip', JSON_TYPE, 'gzip', AS_JSON],
    ['24 ProtoGzip', PROTOBUF, 'gzip', PB],
    ['25 ProtoZstd', PROTOBUF, 'zstd', PB],
  ])('%s: a message of our own', async (_name, type, encoding, body) => {
    const { address } = await overHttp(sinking().handle);
    const answer = await post(address, { body, headers: { ...type, 'content-encoding': encoding } });
    expect([answer.status, typeOf(answer)]).toEqual([400, type['content-type']]);
    expect(statusOf(answer)).toEqual({ code: 3, message: `the body is not valid ${encoding}` });
  });
});

test('26 TestOTLPReceiverNoContentType', async () => {
  const { address } = await overHttp(sinking().handle);
  const answer = await post(address, { body: PB, headers: { 'content-encoding': 'invalid' } });
  expect([answer.status, typeOf(answer), statusOf(answer).code]).toEqual([400, 'application/json', 3]);
});

describe.each([
  ['27 TestGRPCNewPortAlreadyUsed', overGrpc],
  ['28 TestHTTPNewPortAlreadyUsed', overHttp],
] as const)('%s', (_name, start) => {
  test('the start fails and says which setting to change', async () => {
    const { address: endpoint } = await start(sinking().handle);
    await expect(start(sinking().handle, { endpoint })).rejects.toThrow(
      /the address is in use; stop the other process or set receivers\.otlp\.protocols\.(grpc|http)\.endpoint/,
    );
  });
});

describe('a sender that goes on after errors', () => {
  const verdicts: readonly (Verdict | Error)[] = [OK, RETRYABLE, new Error('my error'), OK];

  test('29 TestOTLPReceiverGRPCTracesIngestTest', async () => {
    const { sink, handle } = sinking(verdicts);
    const sender = grpcClient((await overGrpc(handle)).address);
    const codes = [];
    for (const _ of verdicts) codes.push((await sender.call(PB)).code);
    expect([codes, sink.length]).toEqual([[0, 14, 13, 0], 2]);
  });

  test('30 TestOTLPReceiverHTTPTracesIngestTest', async () => {
    const { sink, handle } = sinking([OK, new Error('my error'), RETRYABLE, OK]);
    const { address } = await overHttp(handle);
    const codes = [];
    for (const _ of verdicts) codes.push((await post(address, { body: PB })).status);
    expect([codes, sink.length]).toEqual([[200, 500, 503, 200], 2]);
  });
});

describe('31 TestGRPCInvalidTLSCredentials, TestHTTPInvalidTLSCredentials', () => {
  test.each(['grpc', 'http'])('a certificate without its key: %s', (protocol) => {
    const text = `receivers: {otlp: {protocols: {${protocol}: {tls: {cert_file: /x}}}}}`;
    expect(loadConfig({ path: 'x', text }, {}, () => '')).toMatchObject({
      errors: [expect.stringMatching(/tls\.key_file +is missing/)],
    });
  });
});

describe('the largest size', () => {
  test('32 TestGRPCMaxRecvSize', async () => {
    const { sink, handle } = sinking();
    const [small, large] = [1024, 64 * MIB].map((maxRequestBytes) => overGrpc(handle, { maxRequestBytes }));
    expect((await grpcClient((await small!).address).call(PB)).code).toBe(8);
    expect((await grpcClient((await large!).address).call(PB)).code).toBe(0);
    expect(sink).toHaveLength(1);
  });

  test('33 TestHTTPMaxRequestBodySize: one byte too many is 413, as the specification now has it, and not 400', async () => {
    const { handle } = sinking();
    const { address } = await overHttp(handle, { maxRequestBytes: PB.length });
    expect((await post(address, { body: PB })).status).toBe(200);
    const answer = await post(address, { body: Buffer.concat([PB, Buffer.of(0)]) });
    expect([answer.status, statusOf(answer).code]).toEqual([413, 8]);
  });
});

test('34 TestShutdown: nothing reaches the sink after a stop', async () => {
  const { sink, handle } = sinking();
  const [grpc, http] = [await overGrpc(handle), await overHttp(handle)];
  const sender = grpcClient(grpc.address);
  await sender.call(PB);
  await post(http.address, { body: PB });
  await Promise.all([http, grpc].map((one) => one.stop(new AbortController().signal)));
  const before = sink.length;
  expect((await sender.call(PB)).code).toBe(14);
  await expect(post(http.address, { body: PB })).rejects.toThrow();
  expect([before, sink.length]).toEqual([2, 2]);
});

test.each<[string, Verdict, number, string | undefined]>([
  ['35 DeadlineExceeded', relayed(4), 503, undefined],
  ['36 ResourceExhausted, 0 s', relayed(8, 0), 429, '0'],
  ['37 ResourceExhausted, 13 s', relayed(8, 13), 429, '13'],
  ['38 Unknown with RetryInfo', relayed(2, 13), 500, undefined],
  ['39 InvalidArgument', relayed(3), 400, undefined],
])('%s (TestHTTPRetryAfter)', async (_name, verdict, status, retryAfter) => {
  const answer = await post((await overHttp(sinking(verdict).handle)).address, { body: PB });
  expect([answer.status, answer.headers['retry-after']]).toEqual([status, retryAfter]);
});

test('40 Test_GetStatusFromError, Test_GetHTTPStatusCodeFromStatus: the codes of our own verdicts, and of a next hop', () => {
  expect(REPLY).toEqual({
    accepted: { grpc: 0, http: 200 },
    overloaded: { grpc: 14, http: 429 },
    unavailable: { grpc: 14, http: 503 },
    malformed: { grpc: 3, http: 400 },
    too_large: { grpc: 8, http: 413 },
    unauthenticated: { grpc: 16, http: 401 },
  });
  const https = [200, 503, 500, 400, 503, 500, 500, 403, 429, 500, 503, 503, 404, 500, 503, 503, 401];
  expect(https.map((_, code) => reply(relayed(code)).http)).toEqual(https);
});

test('41 FuzzReceiverHandlers', async () => {
  const { receive } = await engine(ONE_RULE);
  const [grpc, { address }] = [await overGrpc(receive), await overHttp(receive)];
  const sender = grpcClient(grpc.address);
  const cut = fc.record({ at: fc.nat(PB.length), byte: fc.nat(255) });
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    cut.map(({ at, byte }) => {
      const changed = Buffer.from(PB);
      changed[at % PB.length] = byte;
      return changed;
    }),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(PROTOBUF, JSON_TYPE), async (body, headers) => {
      expect([200, 400]).toContain((await post(address, { body, headers })).status);
      expect([0, 3]).toContain((await sender.call(body)).code);
    }),
    runs(100),
  );
});

test('42 TestUnmarshalConfigEmptyProtocols: without a protocol, gRPC is on', () => {
  const text = 'receivers: {otlp: {protocols: {}}}';
  expect(loadConfig({ path: 'x', text }, {}, () => '')).toMatchObject({
    config: { receivers: { otlp: { protocols: { grpc: { endpoint: 'localhost:4317' } } } } },
  });
});

describe('43-58 TestHTTPContentDecompressionHandler', () => {
  const send = async (encoding: string, body: Buffer) => {
    const { sink, handle } = sinking();
    const { address } = await overHttp(handle);
    const headers = { ...PROTOBUF, ...(encoding && { 'content-encoding': encoding }) };
    const answer = await post(address, { body, headers });
    return { status: answer.status, message: answer.status === 200 ? '' : statusOf(answer).message, sink };
  };

  test.each([
    ['43 NoCompression', '', PB],
    ['44 ValidDeflate', 'deflate', deflateSync(PB)],
    ['45 ValidGzip', 'gzip', gzipSync(PB)],
    ['46 ValidZlib', 'zlib', deflateSync(PB)],
    ['47 ValidZstd', 'zstd', zstdCompressSync(PB)],
    ['no compression, by its name', 'identity', PB],
  ])('%s', async (_name, encoding, body) => {
    const { status, sink } = await send(encoding, body);
    expect([status, PB.equals(sink[0]!.bytes)]).toEqual([200, true]);
  });

  test.each([
    ['48 ValidSnappyFramed', 'x-snappy-framed'],
    ['49 ValidSnappy', 'snappy'],
    ['50 ValidLz4', 'lz4'],
  ])('%s: refused, as Node has no such codec', async (_name, encoding) => {
    const { status, message } = await send(encoding, PB);
    expect([status, message]).toEqual([400, `unsupported Content-Encoding: ${encoding}`]);
  });

  test.each([
    ['51 InvalidDeflate', 'deflate', 'deflate'],
    ['52 InvalidGzip', 'gzip', 'gzip'],
    ['53 InvalidZlib', 'zlib', 'deflate'],
    ['54 InvalidZstd', 'zstd', 'zstd'],
  ])('%s', async (_name, encoding, named) => {
    const { status, message, sink } = await send(encoding, PB);
    expect([status, message, sink]).toEqual([400, `the body is not valid ${named}`, []]);
  });

  test.skip('55-57 InvalidSnappyFramed, InvalidSnappy, InvalidLz4: such bodies are never decompressed (48-50)', () => {});

  test('58 UnsupportedCompression', async () => {
    const { status, message } = await send('nosuchcompression', PB);
    expect([status, message]).toEqual([400, 'unsupported Content-Encoding: nosuchcompression']);
  });
});

describe('59 TestDecompressorAvoidDecompressionBomb', () => {
  const bomb = Buffer.alloc(128 * MIB);
  test.each([
    ['gzip', gzipSync(bomb)],
    ['zstd', zstdCompressSync(bomb)],
  ])('%s: no more than the limit is made of it', async (encoding, body) => {
    const { sink, handle } = sinking();
    const [grpc, { address }] = [await overGrpc(handle), await overHttp(handle)];
    const headers = { ...PROTOBUF, 'content-encoding': encoding };
    expect((await post(address, { body, headers })).status).toBe(413);
    expect((await rawCall(grpc.address, { 'grpc-encoding': encoding }, frame(1, body))).code).toBe(8);
    expect(sink).toEqual([]);
  });

  test.skip('TestSnappyBlockRejectsOversizedDecodedLen: snappy is refused before it is read (48-50)', () => {});
});

const SECRET = tokensIn('secret', undefined) as Exclude<ReturnType<typeof tokensIn>, { why: string }>;

describe('60 confighttp', () => {
  test('TestHTTPCors: only with allowed_origins', async () => {
    const origin = 'https://app.example.com';
    const cors = { allowedOrigins: [origin], allowedHeaders: [], maxAge: 0 };
    const allowed = async (options: Partial<OtlpOverHttpOptions>) => {
      const { address } = await overHttp(sinking().handle, options);
      const { headers } = await post(address, { body: PB, headers: { ...PROTOBUF, origin } });
      return headers['access-control-allow-origin'];
    };
    expect([await allowed({}), await allowed({ cors })]).toEqual([undefined, origin]);
  });

  test.each([
    ['application/json', JSON_TYPE],
    ['application/x-protobuf', PROTOBUF],
  ])('TestFailedServerAuth: 401 with a Status as %s', async (type, headers) => {
    const { address } = await overHttp(sinking().handle, { tokens: () => SECRET });
    const answer = await post(address, { body: PB, headers });
    expect([answer.status, typeOf(answer), statusOf(answer).code]).toEqual([401, type, 16]);
  });

  test('TestDefaultMaxRequestBodySize: 64 MiB, as the specification recommends, and not 20', () => {
    const text = 'receivers: {otlp: {protocols: {http: }}}';
    expect(loadConfig({ path: 'x', text }, {}, () => '')).toMatchObject({
      config: { receivers: { otlp: { protocols: { http: { max_request_body_size: 64 * MIB } } } } },
    });
  });
});

test('61 TestDefaultUnaryInterceptorAuthFailure, ...MissingMetadata', async () => {
  const { sink, handle } = sinking();
  const sender = grpcClient((await overGrpc(handle, { tokens: () => SECRET })).address);
  for (const headers of [{}, { authorization: 'Bearer other' }])
    expect((await sender.call(PB, { headers })).code).toBe(16);
  expect(sink).toEqual([]);
});

describe('62 TestReceiveOnUnixDomainSocket, TestContextWithClient', () => {
  test.each([
    ['grpc', overGrpc],
    ['http', overHttp],
  ] as const)('%s: the handler knows who sent it', async (protocol, start) => {
    const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const endpoint = `unix://${folder}/otlp.sock`;
    for (const [at, from] of [
      [endpoint, endpoint],
      ['127.0.0.1:0', '127.0.0.1'],
    ] as const) {
      const { sink, handle } = sinking();
      const { address } = await start(handle, { endpoint: at });
      if (protocol === 'grpc') await grpcClient(address).call(PB);
      else await post(address, { body: PB });
      expect(sink.map(({ sender }) => sender)).toEqual([from]);
    }
    expect(existsSync(`${folder}/otlp.sock`)).toBe(true);
  });
});

// Rows that nobody tests there.

describe('over gRPC', () => {
  test.each([
    ['malformed gzip', { 'grpc-encoding': 'gzip' }, PB, 13],
    ['a compressed frame without a byte', { 'grpc-encoding': 'gzip' }, Buffer.alloc(0), 13],
    ['zstd', { 'grpc-encoding': 'zstd' }, zstdCompressSync(PB), 0],
    ['malformed zstd', { 'grpc-encoding': 'zstd' }, PB, 13],
    ['snappy, which Node does not have', { 'grpc-encoding': 'snappy' }, PB, 12],
  ])('%s is answered, and the next call too', async (_name, headers, body, code) => {
    const { sink, handle } = sinking();
    const { address } = await overGrpc(handle);
    expect((await rawCall(address, headers, frame(1, body))).code).toBe(code);
    expect((await grpcClient(address).call(PB)).code).toBe(0);
    expect(sink).toHaveLength(code === 0 ? 2 : 1);
  });
});

const event = (): AuditEvent => refused(TEN, ['192.0.2.7']);
const text = (one: AuditEvent) => JSON.stringify(one);
const asAnyValue = (value: unknown): object => {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(asAnyValue) } };
  if (typeof value === 'object' && value !== null) return { kvlistValue: { values: keyValues(value) } };
  if (typeof value === 'number') return { intValue: value };
  return typeof value === 'boolean' ? { boolValue: value } : { stringValue: String(value) };
};
const keyValues = (map: object): object[] =>
  Object.entries(map).map(([key, value]) => ({ key, value: asAnyValue(value) }));
const requestOf = (record: object, more: object = {}): string =>
  JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record], ...more }] }] });

describe('JSON', () => {
  async function read(body: string) {
    const { receive, counters } = await engine(ONE_RULE);
    const { status } = await post((await overHttp(receive)).address, { body, headers: JSON_TYPE });
    return { status, events: counters.of('events') };
  }
  const body = { stringValue: text(event()) };

  test.each<[string, string]>([
    ['unknown fields, anywhere', requestOf({ body, new: { a: [1] } }, { schemaUrl: 'x', newer: null })],
    ['an integer as a number', requestOf({ body: asAnyValue(event()) })],
    [
      'an integer as a string',
      requestOf({ body: asAnyValue(event()) }).replaceAll(/"intValue":(\d+)/g, '"intValue":"$1"'),
    ],
    ['times as strings', requestOf({ body, timeUnixNano: '1768471200000000000', observedTimeUnixNano: '1' })],
    ['times as numbers', requestOf({ body, timeUnixNano: 1768471200000000000 })],
    ['an integer as an enum', requestOf({ body, severityNumber: 9 })],
    ['an unknown integer as an enum', requestOf({ body, severityNumber: 900 })],
    [
      'ids in hexadecimal digits',
      requestOf({
        body,
        traceId: '5B8EFFF798038103D269B633813FC60C',
        spanId: 'eee19b7ec3c1b174',
      }),
    ],
    ['an id of three digits, which counts as none', requestOf({ body, traceId: 'abc' })],
    ['an id that is no hexadecimal number', requestOf({ body, traceId: 'not hex at all!' })],
    ['not a number', requestOf({ body, attributes: [{ key: 'x', value: { doubleValue: 'NaN' } }] })],
    ['an empty value', requestOf({ body, attributes: [{ key: 'x', value: {} }, { key: 'y' }] })],
    ['bytes, in base64', requestOf({ body: { bytesValue: Buffer.from(text(event())).toString('base64') } })],
  ])('%s', async (_name, sent) => {
    expect(await read(sent)).toEqual({ status: 200, events: 1 });
  });

  test('names with underscores are unknown fields: where nothing else is left, that is an error, or all would be lost silently', async () => {
    const sent = JSON.stringify({ resource_logs: [{ scope_logs: [{ log_records: [{ body }] }] }] });
    expect(await read(sent)).toEqual({ status: 400, events: 0 });
  });
});

/** A message as a field of another. */
function inside(field: number, message: Uint8Array): Buffer {
  const length = [message.length & 127];
  for (let left = message.length >> 7; left > 0; left >>= 7) {
    length[length.length - 1]! |= 128;
    length.push(left & 127);
  }
  return Buffer.concat([Buffer.of(field * 8 + 2, ...length), message]);
}

describe('records', () => {
  type Init = MessageInitShape<typeof LogRecordSchema>;
  async function read(...logRecords: Init[]) {
    const { receive, counters } = await engine(ONE_RULE);
    const message = create(ExportLogsServiceRequestSchema, {
      resourceLogs: [{ scopeLogs: [{ logRecords }] }],
    });
    const bytes = toBinary(ExportLogsServiceRequestSchema, message);
    const { code } = await grpcClient((await overGrpc(receive, { maxRequestBytes: 64 * MIB })).address).call(
      bytes,
    );
    return { code, records: counters.of('records'), events: counters.of('events') };
  }
  const body = () => ({ value: { case: 'stringValue' as const, value: text(event()) } });

  test('with an empty value as body, and empty, are accepted and hold no event', async () => {
    expect(await read({ body: {} }, {}, { body: body() })).toEqual({ code: 0, records: 3, events: 1 });
  });

  test('with the event as a nested map', async () => {
    const sent = fromJson(
      ExportLogsServiceRequestSchema,
      JSON.parse(requestOf({ body: asAnyValue(event()) })),
    );
    expect(await read(...sent.resourceLogs[0]!.scopeLogs[0]!.logRecords)).toMatchObject({
      code: 0,
      events: 1,
    });
  });

  test('with the event as bytes', async () => {
    const value = Buffer.from(text(event()));
    expect(await read({ body: { value: { case: 'bytesValue', value } } })).toMatchObject({
      code: 0,
      events: 1,
    });
  });

  test('with a trace id of three bytes', async () => {
    const { receive, counters } = await engine(ONE_RULE);
    const record = Buffer.concat([
      toBinary(LogRecordSchema, create(LogRecordSchema, { body: body() })),
      Buffer.of(9 * 8 + 2, 3, 1, 2, 3),
    ]);
    // LogRecord is field 2 of ScopeLogs, which is field 2 of ResourceLogs, which is field 1 of the request.
    const bytes = inside(1, inside(2, inside(2, record)));
    expect((await grpcClient((await overGrpc(receive)).address).call(bytes)).code).toBe(0);
    expect(counters.of('events')).toBe(1);
  });

  test('as many as a batch of the collector has', async () => {
    const many = Array.from({ length: 8192 }, () => ({ body: body() }));
    expect(await read(...many)).toEqual({ code: 0, records: 8192, events: 8192 });
  });
});

test('the same request twice counts once', async () => {
  const ids = async (times: number) => {
    const { receive, fired } = await engine(ONE_RULE);
    const { address } = await overHttp(receive);
    for (let i = 0; i < times; i++) expect((await post(address, { body: SCAN })).status).toBe(200);
    return (await fired()).map(({ uid }) => uid);
  };
  const once = await ids(1);
  expect(once).toHaveLength(1);
  expect(await ids(2)).toEqual(once);
});

const SCAN = Buffer.from(otlpBytes(Array.from({ length: 8 }, () => event())));
