import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  createConnection,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import { ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { type OtlpOptions, type OtlpSecrets, otlpDestination } from '../../../src/export/otlp-destination.ts';
import { otlpLogRecords } from '../../../src/formats/otlp-log-records.ts';
import { RetryInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.ts';
import {
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis, seconds } from '../../../src/lib/time-format.ts';
import type { Delivery, Destination } from '../../../src/model/risk.ts';
import { wallClock } from '../../../src/ops/clock.ts';
import { authority, type Certified } from '../../support/authority.ts';
import { CERT, KEY } from '../../support/certificate.ts';
import { type GrpcSays, grpcNextHop } from '../../support/next-hop.ts';
import { aRiskEvent } from './loopback.ts';

const NEVER = new AbortController().signal;
const some = [aRiskEvent('a'), aRiskEvent('b')];

interface Settings extends Partial<OtlpOptions> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly keys?: OtlpSecrets['keys'];
}

function destination(
  address: string,
  { headers = {}, keys = {}, ...more }: Settings = {},
): Destination & AsyncDisposable {
  const secrets = { keys, headers: new Map(Object.entries(headers)) };
  const made = otlpDestination(
    {
      name: 'siem',
      protocol: 'grpc',
      url: address.includes('://') ? address : `http://${address}`,
      secrets: () => secrets,
      timeout: seconds(20),
      compression: 'none',
      version: '1.2.3',
      format: otlpLogRecords('1.2.3'),
      ...more,
    },
    wallClock,
  );
  return { ...made, [Symbol.asyncDispose]: () => made.stop() };
}

const responseWith = (rejected: bigint, errorMessage: string): Uint8Array =>
  toBinary(
    ExportLogsServiceResponseSchema,
    create(ExportLogsServiceResponseSchema, {
      partialSuccess: { rejectedLogRecords: rejected, errorMessage },
    }),
  );

const retryInfo = (code: number, ms: number): Uint8Array =>
  toBinary(
    StatusSchema,
    create(StatusSchema, {
      code,
      details: [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(ms) }))],
    }),
  );

test.each(['none', 'gzip'] as const)('the request has the records, compression %s', async (compression) => {
  await using server = await grpcNextHop();
  await using siem = destination(server.address, { compression, headers: { authorization: 'Bearer t' } });
  const event = aRiskEvent('a', { 'client.geo.location.lat': 52 });
  expect(await siem.send([event], NEVER)).toEqual({ kind: 'delivered' });
  const [{ bytes, metadata }] = server.received as [(typeof server.received)[0]];
  expect(metadata.getMap()).toMatchObject({
    authorization: 'Bearer t',
    'user-agent': expect.stringMatching(/^sidewatch\/1\.2\.3 /),
  });
  const [logs] = fromBinary(ExportLogsServiceRequestSchema, bytes).resourceLogs;
  const [record] = logs!.scopeLogs[0]!.logRecords;
  expect(record!.attributes.at(-1)?.value?.value).toEqual({ case: 'doubleValue', value: 52 });
});

test('the timeout goes along as the deadline', async () => {
  await using server = await grpcNextHop();
  await using siem = destination(server.address, { timeout: millis(7000) });
  const before = Date.now();
  await siem.send(some, NEVER);
  expect(server.received[0]!.deadline).toBeGreaterThan(before);
  expect(server.received[0]!.deadline).toBeLessThanOrEqual(Date.now() + 7000);
});

test('the header of events goes along, and cannot begin another one', async () => {
  await using server = await grpcNextHop();
  await using siem = destination(server.address, {
    eventHeaders: [{ name: 'X-Scope-OrgID', attribute: 'k8s.cluster.name', otherwise: 'none' }],
  });
  const of = (cluster: string) => ({ ...aRiskEvent('a'), resource: { 'k8s.cluster.name': cluster } });
  expect(await siem.send([of('prod')], NEVER)).toEqual({ kind: 'delivered' });
  expect(await siem.send([of('a\r\nb: c')], NEVER)).toMatchObject({
    kind: 'delivered',
    why: expect.stringMatching(/no header/),
  });
  expect(server.received.map(({ metadata }) => metadata.get('x-scope-orgid'))).toEqual([['prod'], ['none']]);
});

describe('an answer decides', () => {
  test.each<[string, GrpcSays, Delivery]>([
    ['an OK', new Uint8Array(), { kind: 'delivered' }],
    ['a partial success', responseWith(1n, 'too\nold'), { kind: 'delivered', rejected: 1, why: 'too old' }],
    ['a warning', responseWith(0n, 'slow down'), { kind: 'delivered', rejected: 0, why: 'slow down' }],
    ['an answer that cannot be read', Buffer.from([0xff]), { kind: 'delivered' }],
    [
      'UNAVAILABLE with RetryInfo',
      { code: 14, message: 'busy', details: retryInfo(14, 2500) },
      { kind: 'retry', after: 2500 as never, why: 'gRPC UNAVAILABLE: busy' },
    ],
    [
      'RetryInfo of days, which counts as an hour',
      { code: 14, message: '', details: retryInfo(14, 1e9) },
      { kind: 'retry', after: 3_600_000 as never, why: 'gRPC UNAVAILABLE' },
    ],
    [
      'RESOURCE_EXHAUSTED with RetryInfo',
      { code: 8, message: 'quota', details: retryInfo(8, 1000) },
      { kind: 'retry', after: 1000 as never, why: 'gRPC RESOURCE_EXHAUSTED: quota' },
    ],
    [
      'RESOURCE_EXHAUSTED without it',
      { code: 8, message: 'quota' },
      { kind: 'retry', why: 'gRPC RESOURCE_EXHAUSTED: quota' },
    ],
    ...[
      'grpc: received message larger than max (5242880 vs. 4194304)',
      'Received message that decompresses to a size larger than 4194304',
      'gRPC message exceeds maximum size 4194304: 5242880',
    ].map((message): [string, GrpcSays, Delivery] => [
      message,
      { code: 8, message },
      { kind: 'refused', why: `gRPC RESOURCE_EXHAUSTED: ${message}` },
    ]),
    [
      'a server that says so with OUT_OF_RANGE',
      { code: 11, message: 'decoded message length too large: found 5 bytes, the limit is: 4 bytes' },
      {
        kind: 'refused',
        why: 'gRPC OUT_OF_RANGE: decoded message length too large: found 5 bytes, the limit is: 4 bytes',
      },
    ],
    [
      'a token that ran out',
      { code: 16, message: 'expired' },
      {
        kind: 'retry',
        after: 30_000 as never,
        why: 'gRPC UNAUTHENTICATED: expired; check the credentials in its headers',
      },
    ],
    [
      'a token that does not suffice',
      { code: 7, message: '' },
      {
        kind: 'retry',
        after: 30_000 as never,
        why: 'gRPC PERMISSION_DENIED; check the credentials in its headers and what they allow',
      },
    ],
    [
      'a receiver of other signals',
      { code: 12, message: 'unknown service' },
      {
        kind: 'retry',
        after: 30_000 as never,
        why: 'gRPC UNIMPLEMENTED: unknown service; check that the receiver takes logs over OTLP/gRPC at its endpoint',
      },
    ],
    [
      'a compression that the receiver has not',
      { code: 12, message: 'Decompressor is not installed for grpc-encoding "gzip"' },
      {
        kind: 'retry',
        after: 30_000 as never,
        why: 'gRPC UNIMPLEMENTED: Decompressor is not installed for grpc-encoding "gzip"; write compression: none',
      },
    ],
    ['bad data', { code: 3, message: 'no' }, { kind: 'refused', why: 'gRPC INVALID_ARGUMENT: no' }],
    ['INTERNAL', { code: 13, message: 'no' }, { kind: 'retry', doubtful: true, why: 'gRPC INTERNAL: no' }],
    ['UNKNOWN', { code: 2, message: 'no' }, { kind: 'retry', doubtful: true, why: 'gRPC UNKNOWN: no' }],
    ...([1, 4, 10, 11, 14, 15] as const).map((code): [string, GrpcSays, Delivery] => [
      `status ${code}`,
      { code, message: 'later' },
      { kind: 'retry', why: expect.stringMatching(/^gRPC [A-Z_]+: later$/) },
    ]),
  ])('%s', async (_, says, delivery) => {
    await using server = await grpcNextHop(() => says);
    await using siem = destination(server.address);
    expect(await siem.send(some, NEVER)).toEqual(delivery);
    expect(server.received).toHaveLength(1);
  });
});

test('one attempt is one call, also when the receiver says that it is to be tried again at once', async () => {
  await using server = await grpcNextHop(() => ({ code: 14, message: '', details: retryInfo(14, 0) }));
  await using siem = destination(server.address);
  expect(await siem.send(some, NEVER)).toEqual({ kind: 'retry', after: 0, why: 'gRPC UNAVAILABLE' });
  expect(server.received).toHaveLength(1);
});

describe('connections', () => {
  test('a stop ends an attempt that hangs, and there is none after it', async () => {
    const stop = new AbortController();
    await using server = await grpcNextHop(() => {
      stop.abort();
      return 'nothing';
    });
    await using siem = destination(server.address);
    const stopped = { kind: 'retry', why: 'stopped before an answer came' };
    expect(await siem.send(some, stop.signal)).toEqual(stopped);
    expect(await siem.send(some, stop.signal)).toEqual(stopped);
    expect(server.received).toHaveLength(1);
  });

  test('an attempt that took too long is given up, and the next one has a connection of its own', async () => {
    const connections: Socket[] = [];
    let calls = 0;
    await using server = await grpcNextHop(() => (++calls === 1 ? 'nothing' : new Uint8Array()));
    using relay = await relayTo(server.address, connections);
    await using siem = destination(relay.address, { timeout: millis(150) });
    const answers = [await siem.send(some, NEVER)];
    while (answers.at(-1)!.kind !== 'delivered') answers.push(await siem.send(some, NEVER));
    expect(answers[0]).toEqual({ kind: 'retry', why: 'no answer within 150 ms' });
    expect(connections.length).toBeGreaterThanOrEqual(2);
  });

  test('calls share one connection', async () => {
    const connections: Socket[] = [];
    await using server = await grpcNextHop();
    using relay = await relayTo(server.address, connections);
    await using siem = destination(relay.address);
    for (let i = 0; i < 3; i++) expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
    expect(connections).toHaveLength(1);
  });

  test('a receiver that comes back is found again', async () => {
    const connections: Socket[] = [];
    await using one = await grpcNextHop();
    using relay = await relayTo(one.address, connections);
    await using siem = destination(relay.address);
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
    relay.target = '127.0.0.1:1';
    for (const connection of connections) connection.destroy();
    let answer = await siem.send(some, NEVER);
    expect(answer.kind).toBe('retry');
    await using two = await grpcNextHop();
    relay.target = two.address;
    while (answer.kind === 'retry') answer = await siem.send(some, NEVER);
    expect(answer).toEqual({ kind: 'delivered' });
    expect(two.received.length).toBeGreaterThan(0);
  });

  test('GOAWAY loses nothing: what was not read goes over a new connection', async () => {
    const server = createHttp2Server();
    let calls = 0;
    server.on('session', (session) => session.on('error', () => {}));
    server.on('stream', (stream) => {
      calls++;
      stream.on('error', () => {}).resume();
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 0]));
      // With this stream as the last one.
      stream.session?.goaway(0, stream.id);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await using siem = destination(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (let i = 0; i < 4; i++) {
      let answer = await siem.send(some, NEVER);
      while (answer.kind === 'retry') answer = await siem.send(some, NEVER);
      expect(answer).toEqual({ kind: 'delivered' });
    }
    server.close();
    expect(calls).toBeGreaterThanOrEqual(4);
  });

  test.each<[string, (stream: ServerHttp2Stream) => void]>([
    ['a reset', (stream) => stream.close(2)],
    ['a connection that ends', (stream) => stream.session?.destroy()],
  ])('%s is no answer, so the attempt is repeated', async (_, how) => {
    const server = createHttp2Server();
    server.on('session', (session) => session.on('error', () => {}));
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      how(stream);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await using siem = destination(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const answer = await siem.send(some, NEVER);
    server.close();
    expect(answer).toEqual({ kind: 'retry', why: expect.any(String) });
  });

  test('is pinged while it is silent, where that is configured', async () => {
    const server = createHttp2Server();
    const pinged = new Promise<void>((resolve) =>
      server.on('session', (session) => session.on('ping', () => resolve()).on('error', () => {})),
    );
    server.on('stream', (stream) => stream.on('error', () => {}));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const stop = new AbortController();
    const keepAlive = { time: millis(50), timeout: seconds(5), idle: false };
    await using siem = destination(`127.0.0.1:${(server.address() as AddressInfo).port}`, { keepAlive });
    const answer = siem.send(some, stop.signal);
    await pinged;
    stop.abort();
    expect((await answer).kind).toBe('retry');
    server.close();
  });
});

describe('a receiver that speaks something else is named with the keys to change', () => {
  const ours = authority('ours');
  const grpcTls = ({ cert, key }: Certified, clientCa?: string) =>
    grpcNextHop(
      undefined,
      ServerCredentials.createSsl(
        clientCa === undefined ? null : Buffer.from(clientCa),
        [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }],
        clientCa !== undefined,
      ),
    );
  const whyOf = async (endpoint: string, keys: OtlpSecrets['keys'] = {}) => {
    await using siem = destination(endpoint, { keys });
    const answer = await siem.send(some, NEVER);
    expect(answer.kind).toBe('retry');
    return answer.why;
  };
  const portOf = async (server: Server) => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const WRONG_PORT =
    /^the receiver does not answer in gRPC \(.*\); write the port of OTLP\/gRPC in endpoint \(usually 4317/;

  test('a self-signed certificate, and one for other names', async () => {
    await using server = await grpcTls({ cert: CERT, key: KEY });
    const endpoint = `https://localhost:${server.address.split(':')[1]}`;
    expect(await whyOf(endpoint)).toBe(
      "the receiver's certificate is self-signed, so it is not trusted (self-signed certificate); name a file with this certificate in tls.ca_file (OTEL_EXPORTER_OTLP_CERTIFICATE)",
    );
    expect(await whyOf(endpoint, { ca: CERT })).toMatch(/certificate is for other host names .*endpoint$/);
  });

  test('a certificate of another authority', async () => {
    await using server = await grpcTls(ours.issue('siem'));
    const endpoint = `https://localhost:${server.address.split(':')[1]}`;
    expect(await whyOf(endpoint, { ca: authority('theirs').ca })).toMatch(
      /^the receiver's certificate is signed by an authority that is not trusted .*tls\.ca_file/,
    );
  });

  test('one that wants a certificate of ours, and gets it', async () => {
    await using server = await grpcTls(ours.issue('siem'), ours.ca);
    const endpoint = `https://localhost:${server.address.split(':')[1]}`;
    expect(await whyOf(endpoint, { ca: ours.ca })).toMatch(/client certificate .*set tls\.cert_file and/);
    await using siem = destination(endpoint, { keys: { ca: ours.ca, ...ours.issue('sidewatch') } });
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
  });

  test('a certificate that changes is used for a new connection', async () => {
    await using server = await grpcTls(ours.issue('siem'), ours.ca);
    let secrets: OtlpSecrets = { keys: { ca: ours.ca, ...ours.issue('old') }, headers: new Map() };
    await using siem = destination(`https://localhost:${server.address.split(':')[1]}`, {
      secrets: () => secrets,
    });
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
    secrets = { ...secrets, keys: { ca: ours.ca, ...authority('theirs').issue('new') } };
    expect(await siem.send(some, NEVER)).toMatchObject({
      kind: 'retry',
      why: expect.stringMatching(/client certificate/),
    });
    secrets = { ...secrets, keys: { ca: ours.ca, ...ours.issue('new') } };
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
  });

  test('no TLS', async () => {
    await using server = await grpcNextHop();
    expect(await whyOf(`https://${server.address}`)).toMatch(
      /^the receiver does not speak TLS at this port \(wrong version number\); write http:\/\/ in endpoint/,
    );
  });

  test('TLS and not plaintext', async () => {
    await using server = await grpcTls(ours.issue('siem'));
    expect(await whyOf(`http://${server.address}`)).toBe(
      'the receiver closed the connection at once; if the receiver speaks TLS at this port, write https:// in endpoint',
    );
  });

  test('HTTP/1, also over TLS', async () => {
    const plain = createServer((_, response) => void response.end('{}'));
    expect(await whyOf(`http://127.0.0.1:${await portOf(plain)}`)).toMatch(WRONG_PORT);
    plain.close();
    const tls = createHttpsServer(ours.issue('siem'), (_, response) => void response.end('{}'));
    expect(await whyOf(`https://localhost:${await portOf(tls)}`, { ca: ours.ca })).toMatch(WRONG_PORT);
    tls.close();
  });

  test('HTTP/2 without gRPC', async () => {
    const server = createHttp2Server((_, response) => void response.end('{}'));
    server.on('session', (session) => session.on('error', () => {}));
    expect(await whyOf(`http://127.0.0.1:${await portOf(server)}`)).toMatch(WRONG_PORT);
    server.close();
  });

  test('a port without a listener; each attempt has the same text, so that the log stays short', async () => {
    await using siem = destination('127.0.0.1:1');
    const first = await siem.send(some, NEVER);
    expect(first).toEqual({ kind: 'retry', why: 'connect ECONNREFUSED 127.0.0.1:1' });
    expect(await siem.send(some, NEVER)).toEqual(first);
  });
});

test.each([
  ['http://siem.example:4317', 'http://siem.example:4317'],
  ['unix:///run/siem.sock', 'unix:///run/siem.sock'],
])('the target of %s is %s', async (url, target) => {
  await using siem = destination(url);
  expect(siem.target).toBe(target);
});

/** A port that passes bytes on to a target, so that connections can be counted and ended. */
async function relayTo(target: string, connections: Socket[]) {
  const relay = { target, address: '', [Symbol.dispose]: () => {} };
  const server = createTcpServer((socket) => {
    connections.push(socket);
    const [host, port] = relay.target.split(':');
    const onward = createConnection(Number(port), host);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      one.on('error', () => {}).on('close', () => other.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  relay.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  relay[Symbol.dispose] = () => {
    server.close();
    for (const connection of connections) connection.destroy();
  };
  return relay;
}
