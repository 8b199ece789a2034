import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import { ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { grpcHop } from '../../../src/forward/grpc-hop.ts';
import { httpHop } from '../../../src/forward/http-hop.ts';
import type { NextHop, Outgoing } from '../../../src/forward/next-hop.ts';
import { RetryInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.ts';
import { ExportLogsServiceResponseSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis, seconds } from '../../../src/lib/time-format.ts';
import { wallClock } from '../../../src/ops/clock.ts';
import { reply } from '../../../src/receive/reply.ts';
import { authority } from '../../support/authority.ts';
import { otlpBytes } from '../../support/events.ts';
import { type GrpcSays, grpcNextHop, httpNextHop } from '../../support/next-hop.ts';

const PROTOBUF = 'application/x-protobuf';
const LONG = seconds(30);

const options = { headers: {}, compression: 'none', tls: {}, version: '1.2.3' } as const;
const toGrpc = (address: string, more = {}) =>
  grpcHop({ ...options, endpoint: `http://${address}`, ...more }, wallClock);
const toHttp = (address: string, more = {}) =>
  httpHop({ ...options, url: `http://${address}/v1/logs`, ...more }, wallClock);

const message = (more: Partial<Outgoing> = {}): Outgoing => ({
  bytes: Buffer.from(otlpBytes(['a', 'b'])),
  json: false,
  headers: new Map([['x-tenant', 'one']]),
  ...more,
});

async function sent(hop: NextHop, what = message(), timeout = LONG) {
  try {
    return await hop.send(what, timeout);
  } finally {
    hop.stop();
  }
}

const partial = toBinary(
  ExportLogsServiceResponseSchema,
  create(ExportLogsServiceResponseSchema, {
    partialSuccess: { rejectedLogRecords: 3n, errorMessage: 'three are bad' },
  }),
);

const statusOf = (code: number, text: string, retryAfterMs?: number): Uint8Array =>
  toBinary(
    StatusSchema,
    create(StatusSchema, {
      code,
      message: text,
      details:
        retryAfterMs === undefined
          ? []
          : [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfterMs) }))],
    }),
  );

describe('gRPC', () => {
  test.each(['none', 'gzip'] as const)(
    'bytes and metadata go on as they are, compression %s',
    async (compression) => {
      await using next = await grpcNextHop();
      const headers = { 'x-own': 'configured', 'X-Tenant': 'two' };
      const what = message({
        headers: new Map([
          ['x-tenant', 'one'],
          ['traceparent', '00-1-2-01'],
          ['x-odd', 'é'],
        ]),
      });
      const { verdict } = await sent(toGrpc(next.address, { compression, headers }), what);
      expect(verdict).toMatchObject({ kind: 'relayed', code: 0 });
      const [{ bytes, metadata }] = next.received as [(typeof next.received)[0]];
      expect(bytes.equals(what.bytes)).toBe(true);
      expect(metadata.getMap()).toMatchObject({
        'x-tenant': 'two',
        traceparent: '00-1-2-01',
        'x-own': 'configured',
        'user-agent': expect.stringMatching(/^sidewatch\/1\.2\.3 /),
      });
      expect(metadata.get('x-odd')).toEqual([]);
    },
  );

  test('a binary header goes on as its bytes', async () => {
    await using next = await grpcNextHop();
    const what = message({ headers: new Map([['x-trace-bin', Buffer.from([0, 255]).toString('base64')]]) });
    expect((await sent(toGrpc(next.address), what)).answered).toBe(true);
    expect(next.received[0]?.metadata.get('x-trace-bin')).toEqual([Buffer.from([0, 255])]);
  });

  test('the time that is left goes on as the deadline', async () => {
    await using next = await grpcNextHop();
    const before = Date.now();
    await sent(toGrpc(next.address), message(), millis(7000));
    const [{ deadline }] = next.received as [(typeof next.received)[0]];
    expect(deadline).toBeGreaterThan(before);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 7000);
  });

  test.each<[string, GrpcSays, object]>([
    ['an OK', new Uint8Array(), { grpc: 0, http: 200, bytes: new Uint8Array() }],
    ['a partial success', partial, { grpc: 0, http: 200, bytes: partial }],
    [
      'a status with RetryInfo',
      { code: 14, message: 'busy', details: statusOf(14, 'busy', 2500) },
      { grpc: 14, http: 503, message: 'busy', bytes: statusOf(14, 'busy', 2500) },
    ],
    [
      'RESOURCE_EXHAUSTED with RetryInfo',
      { code: 8, message: 'slow down', details: statusOf(8, 'slow down', 1000) },
      { grpc: 8, http: 429, message: 'slow down', bytes: statusOf(8, 'slow down', 1000) },
    ],
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map((code): [string, GrpcSays, object] => [
      `status ${code} without details`,
      { code, message: `because ${code}` },
      { grpc: code, message: `because ${code}`, bytes: statusOf(code, `because ${code}`) },
    ]),
    [
      'details that are no Status',
      { code: 3, message: 'bad', details: Buffer.from([0xff]) },
      { grpc: 3, http: 400, message: 'bad', bytes: statusOf(3, 'bad') },
    ],
  ])('%s is the answer', async (_, says, wanted) => {
    await using next = await grpcNextHop(() => says);
    const { verdict, answered } = await sent(toGrpc(next.address));
    expect(answered).toBe(true);
    const { bytes, ...rest } = reply(verdict);
    expect({ ...rest, bytes: new Uint8Array(bytes) }).toMatchObject(wanted);
  });

  test('a next hop that is down is no answer: the sender may retry', async () => {
    const { verdict, answered } = await sent(toGrpc('127.0.0.1:1'));
    expect(answered).toBe(false);
    expect(verdict).toMatchObject({
      kind: 'unavailable',
      retryAfter: 1000,
      why: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a next hop that is too slow is no answer', async () => {
    await using next = await grpcNextHop(() => 'nothing');
    const { verdict, answered } = await sent(toGrpc(next.address), message(), millis(50));
    expect(answered).toBe(false);
    expect(verdict).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('within 50 ms') });
  });

  test('a stop gives up what is not answered', async () => {
    const asked = Promise.withResolvers<void>();
    await using next = await grpcNextHop(() => {
      asked.resolve();
      return 'nothing';
    });
    const hop = toGrpc(next.address);
    const answer = hop.send(message(), LONG);
    await asked.promise;
    hop.stop();
    expect(await answer).toMatchObject({ answered: false, verdict: { kind: 'unavailable' } });
    expect(await hop.send(message(), LONG)).toMatchObject({ answered: false, why: 'Sidewatch is stopping' });
    expect(next.received.length).toBe(1);
  });

  test.each<[string, (stream: ServerHttp2Stream) => void]>([
    ['a reset with an error', (stream) => stream.close(2)],
    [
      'an end without a status',
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        stream.end();
      },
    ],
    ['a connection that ends', (stream) => stream.session?.destroy()],
  ])('%s is no answer: INTERNAL would be final for the sender', async (_, how) => {
    const server = createHttp2Server();
    server.on('session', (session) => session.on('error', () => {}));
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      how(stream);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { verdict } = await sent(toGrpc(`127.0.0.1:${(server.address() as AddressInfo).port}`));
    server.close();
    expect(verdict).toMatchObject({ kind: 'unavailable' });
  });
});

describe('HTTP', () => {
  test.each(['none', 'gzip'] as const)(
    'bytes and headers go on as they are, compression %s',
    async (compression) => {
      await using next = await httpNextHop();
      const headers = { 'x-own': 'configured', 'X-Tenant': 'two' };
      const what = message();
      const { verdict } = await sent(toHttp(next.address, { compression, headers }), what);
      expect(verdict).toMatchObject({ kind: 'relayed', code: 0, http: 200 });
      const [one] = next.received as [(typeof next.received)[0]];
      expect(one.bytes.equals(what.bytes)).toBe(true);
      expect(one.path).toBe('/v1/logs');
      expect(one.headers).toMatchObject({
        'content-type': PROTOBUF,
        'x-tenant': 'two',
        'x-own': 'configured',
        'user-agent': 'sidewatch/1.2.3',
      });
    },
  );

  test('JSON goes on in JSON, and its partial success comes back', async () => {
    await using next = await httpNextHop((response) =>
      response
        .setHeader('content-type', 'application/json')
        .end('{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"three are bad","new":1}}'),
    );
    const { verdict } = await sent(toHttp(next.address), message({ json: true }));
    expect(next.received[0]?.headers['content-type']).toBe('application/json');
    expect(new Uint8Array(reply(verdict).bytes)).toEqual(new Uint8Array(partial));
  });

  test.each<[number, Record<string, string>, Uint8Array | string, object]>([
    [200, { 'content-type': PROTOBUF }, partial, { grpc: 0, http: 200, bytes: partial }],
    [
      400,
      { 'content-type': PROTOBUF },
      statusOf(3, 'bad'),
      { grpc: 3, http: 400, bytes: statusOf(3, 'bad') },
    ],
    [401, {}, 'who are you?\n', { grpc: 16, http: 401, bytes: statusOf(16, 'who are you?') }],
    [403, {}, '', { grpc: 7, http: 403, bytes: statusOf(7, '') }],
    [404, {}, '', { grpc: 12, http: 404 }],
    [413, {}, '', { grpc: 8, http: 413, bytes: statusOf(8, '') }],
    [418, {}, '', { grpc: 3, http: 418 }],
    [429, {}, '', { grpc: 14, http: 429 }],
    [429, { 'retry-after': '7' }, '', { grpc: 14, http: 429, bytes: statusOf(14, '', 7000) }],
    [
      429,
      { 'content-type': PROTOBUF, 'retry-after': '7' },
      statusOf(8, 'slow', 6500),
      { grpc: 14, http: 429, bytes: statusOf(8, 'slow', 6500) },
    ],
    [
      500,
      { 'content-type': PROTOBUF },
      statusOf(13, 'no'),
      { grpc: 13, http: 500, bytes: statusOf(13, 'no') },
    ],
    [
      502,
      { 'content-type': 'text/html' },
      '<h1>\n  bad</h1>',
      { grpc: 14, http: 502, message: '<h1> bad</h1>' },
    ],
    [
      503,
      { 'content-type': 'application/json', 'retry-after': '2' },
      '{"code":14,"message":"busy"}',
      { grpc: 14, http: 503, bytes: statusOf(14, 'busy', 2000) },
    ],
    [504, { 'content-type': PROTOBUF }, Buffer.from([0xff]), { grpc: 14, http: 504 }],
  ])('%i with %o is the answer', async (status, headers, body, wanted) => {
    await using next = await httpNextHop((response) => response.writeHead(status, headers).end(body));
    const { verdict, answered } = await sent(toHttp(next.address));
    expect(answered).toBe(true);
    const { bytes, ...rest } = reply(verdict);
    expect({ ...rest, bytes: new Uint8Array(bytes) }).toMatchObject(wanted);
  });

  test('a success whose JSON cannot be read is a success', async () => {
    await using next = await httpNextHop((response) =>
      response.setHeader('content-type', 'application/json').end('{'),
    );
    expect(reply((await sent(toHttp(next.address))).verdict)).toMatchObject({ grpc: 0, http: 200 });
  });

  test.each<[string, Parameters<typeof httpNextHop>[0]]>([
    ['a redirect', (response) => response.writeHead(302, { location: '/' }).end()],
    ['a connection that ends', (response) => response.destroy()],
    [
      'an answer that breaks off',
      (response) => {
        response.writeHead(200, { 'content-length': 10 }).write('1');
        response.destroy();
      },
    ],
    ['an answer of more than 4 MiB', (response) => response.end(Buffer.alloc(4 * 2 ** 20 + 1))],
  ])('%s is no answer: the sender may retry', async (_, say) => {
    await using next = await httpNextHop(say);
    expect(await sent(toHttp(next.address))).toMatchObject({
      answered: false,
      verdict: { kind: 'unavailable' },
    });
  });

  test('a next hop that is down is no answer', async () => {
    const { verdict } = await sent(toHttp('127.0.0.1:1'));
    expect(verdict).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('ECONNREFUSED') });
  });

  test('a next hop that is too slow is no answer', async () => {
    await using next = await httpNextHop(() => {});
    const { verdict } = await sent(toHttp(next.address), message(), millis(50));
    expect(verdict).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('within 50 ms') });
  });

  test('a stop gives up what is not answered', async () => {
    const asked = Promise.withResolvers<void>();
    await using next = await httpNextHop(() => asked.resolve());
    const hop = toHttp(next.address);
    const answer = hop.send(message(), LONG);
    await asked.promise;
    hop.stop();
    expect(await answer).toMatchObject({ answered: false, verdict: { kind: 'unavailable' } });
    expect(await hop.send(message(), LONG)).toMatchObject({ answered: false, why: 'Sidewatch is stopping' });
    expect(next.received.length).toBe(1);
  });
});

describe('over TLS', () => {
  const ours = authority('ours');
  const { cert, key } = ours.issue('next');
  const tls = { ca: ours.ca };

  test('gRPC goes on to a next hop whose authority is named, and to no other', async () => {
    const keys = [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }];
    await using next = await grpcNextHop(undefined, ServerCredentials.createSsl(null, keys));
    const endpoint = `https://localhost:${next.address.split(':')[1]}`;
    expect((await sent(toGrpc('', { endpoint, tls }))).verdict).toMatchObject({ kind: 'relayed', code: 0 });
    expect((await sent(toGrpc('', { endpoint }))).verdict).toMatchObject({ kind: 'unavailable' });
    expect(next.received.length).toBe(1);
  });

  test('HTTP goes on to a next hop whose authority is named, and to no other', async () => {
    await using next = await httpNextHop(undefined, { cert, key });
    const url = `https://localhost:${next.address.split(':')[1]}/v1/logs`;
    expect((await sent(toHttp('', { url, tls }))).verdict).toMatchObject({ kind: 'relayed', code: 0 });
    expect((await sent(toHttp('', { url }))).verdict).toMatchObject({ kind: 'unavailable' });
    expect(next.received.length).toBe(1);
  });
});
