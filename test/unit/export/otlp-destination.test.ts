import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { rootCertificates, type TLSSocket } from 'node:tls';
import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { connectionFault } from '../../../src/export/connection-fault.ts';
import { type OtlpOptions, type OtlpSecrets, otlpDestination } from '../../../src/export/otlp-destination.ts';
import { otlpLogRecords } from '../../../src/formats/otlp-log-records.ts';
import { RetryInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.ts';
import { millis, seconds } from '../../../src/lib/time-format.ts';
import type { Delivery, Destination, RiskEvent } from '../../../src/model/risk.ts';
import { authority } from '../../support/authority.ts';
import { CERT, KEY } from '../../support/certificate.ts';
import { TEN } from '../../support/events.ts';
import { aRiskEvent, decode, loopback, succeed } from './loopback.ts';

const NEVER = new AbortController().signal;
const PROTOCOLS = ['http/json', 'http/protobuf'] as const;

type Settings = Partial<OtlpOptions> & {
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: OtlpSecrets['keys'];
};

function destination(
  url: string,
  { headers = {}, tls = {}, ...more }: Settings = {},
): Destination & AsyncDisposable {
  const secrets = { keys: tls, headers: new Map(Object.entries(headers)) };
  const made = otlpDestination(
    {
      name: 'siem',
      protocol: 'http/json',
      url,
      secrets: () => secrets,
      timeout: seconds(20),
      compression: 'none',
      version: '1.2.3',
      format: otlpLogRecords('1.2.3'),
      ...more,
    },
    () => TEN,
  );
  return { ...made, [Symbol.asyncDispose]: () => made.stop() };
}

const some: readonly RiskEvent[] = [aRiskEvent('a'), aRiskEvent('b')];

describe.each(PROTOCOLS)('over %s', (protocol) => {
  test('the body holds the records as they were rendered', async () => {
    await using server = await loopback((response, received) => succeed(response, received));
    await using siem = destination(server.url, { protocol });
    const event = aRiskEvent('a', {
      'sidewatch.count': 6,
      'sidewatch.count.exact': false,
      'sidewatch.rule.techniques': ['T1046'],
      'client.geo.location.lat': 51.5,
    });

    expect(await siem.send([event], NEVER)).toEqual({ kind: 'delivered' });

    expect(server.received.map((one) => one.path)).toEqual(['/v1/logs']);
    const [logs] = decode(server.received[0]!).resourceLogs;
    expect(logs?.resource?.attributes.map(({ key, value }) => [key, value?.value])).toEqual([
      ['service.name', { case: 'stringValue', value: 'sidewatch' }],
    ]);
    const { scope, logRecords } = logs!.scopeLogs[0]!;
    expect([scope?.name, scope?.version]).toEqual(['sidewatch', '1.2.3']);
    const [record] = logRecords;
    expect(record).toMatchObject({
      timeUnixNano: BigInt(event.at) * 1000n,
      observedTimeUnixNano: BigInt(TEN) * 1000n,
      severityNumber: 13,
      severityText: 'medium',
      eventName: 'sidewatch.risk',
      body: { value: { case: 'stringValue', value: 'scan a' } },
    });
    expect(Object.fromEntries(record!.attributes.map(({ key, value }) => [key, value?.value]))).toMatchObject(
      {
        'log.record.uid': { case: 'stringValue', value: 'a' },
        'sidewatch.risk.score': { case: 'intValue', value: 49n },
        'sidewatch.count': { case: 'intValue', value: 6n },
        'sidewatch.count.exact': { case: 'boolValue', value: false },
        'sidewatch.rule.techniques': {
          case: 'arrayValue',
          value: { values: [{ value: { case: 'stringValue', value: 'T1046' } }] },
        },
        'client.geo.location.lat': { case: 'doubleValue', value: 51.5 },
      },
    );
  });

  test.each([52, 0, -0, -74, 90, -180, 51.5074])('%d degrees are a double of just that', async (degrees) => {
    await using server = await loopback((response, received) => succeed(response, received));
    await using siem = destination(server.url, { protocol });
    await siem.send([aRiskEvent('a', { 'client.geo.location.lat': degrees })], NEVER);

    const { attributes } = decode(server.received[0]!).resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!;
    const sent = attributes.find(({ key }) => key === 'client.geo.location.lat')?.value?.value;
    expect(sent).toEqual({ case: 'doubleValue', value: protocol === 'http/json' ? degrees + 0 : degrees });
  });

  test('equal resources are one group, different ones are not mixed', async () => {
    await using server = await loopback((response, received) => succeed(response, received));
    await using siem = destination(server.url, { protocol });
    const events = ['a', 'b', 'c'].map((uid) => ({
      ...aRiskEvent(uid),
      resource: { 'k8s.cluster.name': uid === 'b' ? 'two' : 'one' },
    }));
    await siem.send(events, NEVER);

    const groups = decode(server.received[0]!).resourceLogs.map(({ resource, scopeLogs }) => [
      resource?.attributes[0]?.value?.value.value,
      scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body?.value.value)),
    ]);
    expect(groups).toEqual([
      ['one', ['scan a', 'scan c']],
      ['two', ['scan b']],
    ]);
  });

  test('a partial success is delivered except for the rejected ones', async () => {
    await using server = await loopback((response, received) => succeed(response, received, 1, 'too\nold'));
    await using siem = destination(server.url, { protocol });
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered', rejected: 1, why: 'too old' });
    expect(server.received).toHaveLength(1);
  });

  test('a warning with nothing rejected is given', async () => {
    await using server = await loopback((response, received) => succeed(response, received, 0, 'slow down'));
    await using siem = destination(server.url, { protocol });
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered', rejected: 0, why: 'slow down' });
  });

  test('gzip and headers are sent as asked', async () => {
    await using server = await loopback((response, received) => succeed(response, received));
    await using siem = destination(server.url, {
      protocol,
      compression: 'gzip',
      headers: { authorization: 'Bearer t' },
    });
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
    expect(server.received[0]!.headers).toMatchObject({
      authorization: 'Bearer t',
      'content-encoding': 'gzip',
      'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
      'user-agent': 'sidewatch/1.2.3',
    });
    expect(decode(server.received[0]!).resourceLogs[0]!.scopeLogs[0]!.logRecords).toHaveLength(2);
  });

  test('destinations that send at once do not mix up their answers', async () => {
    const held: (() => void)[] = [];
    const release = () => {
      if (held.length === 3) for (const go of held.toReversed()) go();
    };
    await using busy = await loopback((response) => {
      held.push(() => response.writeHead(503, { 'retry-after': '7' }).end());
      release();
    });
    await using partial = await loopback((response, received) => {
      held.push(() => succeed(response, received, 2, 'no'));
      release();
    });
    await using fine = await loopback((response, received) => {
      held.push(() => succeed(response, received));
      release();
    });
    await using one = destination(busy.url, { protocol });
    await using two = destination(partial.url, { protocol });
    await using three = destination(fine.url, { protocol });

    const answers = await Promise.all([one, two, three].map((each) => each.send(some, NEVER)));
    expect(answers).toEqual([
      { kind: 'retry', after: 7000, why: 'HTTP 503 Service Unavailable' },
      { kind: 'delivered', rejected: 2, why: 'no' },
      { kind: 'delivered' },
    ]);
  });

  test('answers over one kept connection belong to their own attempts', async () => {
    let calls = 0;
    await using server = await loopback((response, received) => {
      calls++;
      if (calls === 1) response.writeHead(429, { 'retry-after': '3' }).end();
      else if (calls === 2) succeed(response, received, 1, 'no');
      else succeed(response, received);
    });
    await using siem = destination(server.url, { protocol });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await siem.send(some, NEVER));
    expect(answers).toEqual([
      { kind: 'retry', after: 3000, why: 'HTTP 429 Too Many Requests' },
      { kind: 'delivered', rejected: 1, why: 'no' },
      { kind: 'delivered' },
    ]);
  });
});

test.each(['0', 'Thu, 01 Jan 1970 00:00:00 GMT', undefined])(
  'a 503 with Retry-After %s is one attempt',
  async (header) => {
    await using server = await loopback((response) =>
      response.writeHead(503, header === undefined ? {} : { 'retry-after': header }).end(),
    );
    await using siem = destination(server.url);
    expect(await siem.send(some, NEVER)).toEqual({
      kind: 'retry',
      why: 'HTTP 503 Service Unavailable',
      ...(header === undefined ? {} : { after: 0 }),
    });
    expect(server.received).toHaveLength(1);
  },
);

test('a 400 is refused with the reason that the receiver gives', async () => {
  await using server = await loopback((response) =>
    response.writeHead(400).end(JSON.stringify({ code: 3, message: 'attribute too long' })),
  );
  await using siem = destination(server.url);
  expect(await siem.send(some, NEVER)).toEqual({
    kind: 'refused',
    why: 'HTTP 400 Bad Request: attribute too long',
  });
});

test('a token that ran out costs no risk events', async () => {
  await using server = await loopback((response) => response.writeHead(401).end('expired'));
  await using siem = destination(server.url);
  expect(await siem.send(some, NEVER)).toEqual({
    kind: 'retry',
    after: 30_000,
    why: 'HTTP 401 Unauthorized: expired; check the credentials in its headers',
  });
});

test('a port without a listener is retried', async () => {
  const closed = createTcpServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));

  await using siem = destination(`http://127.0.0.1:${port}/v1/logs`);
  const answer = await siem.send(some, NEVER);
  expect(answer).toMatchObject({ kind: 'retry', why: expect.stringContaining('ECONNREFUSED') });
});

describe('a receiver that speaks something else is named with the keys to change', () => {
  const listening = async (server: Server, scheme: 'http' | 'https', tls: OtlpSecrets['keys'] = {}) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using siem = destination(
      `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
      {
        tls,
      },
    );
    const answer = await siem.send(some, NEVER);
    server.close();
    return answer;
  };
  const tls = { key: KEY, cert: CERT };
  const good: RequestListener = (_, response) => void response.end('{}');

  test.each<[string, () => Promise<Delivery>, RegExp]>([
    [
      'a self-signed certificate',
      () => listening(createHttpsServer(tls, good), 'https'),
      /^the receiver's certificate is self-signed.*DEPTH_ZERO_SELF_SIGNED_CERT.*; name a file .* tls\.ca_file/,
    ],
    [
      'a certificate of another authority',
      () => listening(createHttpsServer(tls, good), 'https', { ca: rootCertificates[0]! }),
      /^the receiver's certificate is .*not trusted.*tls\.ca_file/,
    ],
    [
      'a certificate for another host',
      () => listening(createHttpsServer(tls, good), 'https', { ca: CERT }),
      /^the receiver's certificate is for other host names.*127\.0\.0\.1.*; write one of its names in endpoint$/,
    ],
    [
      'no TLS',
      () => listening(createServer(good), 'https'),
      /^the receiver does not speak TLS at this port \(EPROTO: wrong version number\); write http:\/\/ in endpoint/,
    ],
    [
      'TLS and not plain HTTP',
      () => listening(createHttpsServer(tls, good), 'http'),
      /^ECONNRESET.*; if the receiver speaks TLS at this port, write https:\/\/ in endpoint$/,
    ],
    [
      'gRPC',
      () => listening(createHttp2Server(), 'http'),
      /^the receiver does not answer in HTTP\/1 .*usually 4318; 4317 is for gRPC/,
    ],
  ])('%s', async (_, send, why) => {
    expect(await send()).toEqual({ kind: 'retry', why: expect.stringMatching(why) });
  });

  test.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tlsv13 alert certificate required'],
    ['EPROTO', 'ssl/tls alert handshake failure'],
  ])('one that wants a certificate of ours: %s', (code, text) => {
    const message = `write EPROTO 40EDEB:error:0A00045C:SSL routines:ssl3_read_bytes:${text}:../deps/x.c:918:SSL alert number 40`;
    expect(connectionFault(Object.assign(new Error(message), { code }), 'https:')).toBe(
      'the receiver refuses the TLS handshake, probably because it wants a client certificate that it trusts ' +
        `(${code}: ${text}); set tls.cert_file and tls.key_file (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_KEY)`,
    );
  });

  test.each([
    'Client sent an HTTP request to an HTTPS server.',
    '<title>400 The plain HTTP request was sent to HTTPS port</title>',
  ])('one that says so in plain HTTP costs no risk events', async (body) => {
    await using server = await loopback((response) => response.writeHead(400).end(body));
    await using siem = destination(server.url);
    expect(await siem.send(some, NEVER)).toMatchObject({
      kind: 'retry',
      why: expect.stringMatching(/; write https:\/\/ in its endpoint$/),
    });
  });
});

test('a connection that breaks before the answer is retried', async () => {
  await using server = await loopback((response) => response.destroy());
  await using siem = destination(server.url);
  expect(await siem.send(some, NEVER)).toMatchObject({
    kind: 'retry',
    why: expect.stringContaining('ECONNRESET'),
  });
  expect(server.received).toHaveLength(1);
});

test('a header that cannot be sent is reported, not thrown', async () => {
  await using server = await loopback((response, received) => succeed(response, received));
  await using siem = destination(server.url, { headers: { authorization: 'two\nlines' } });
  expect(await siem.send(some, NEVER)).toMatchObject({
    kind: 'retry',
    why: expect.stringContaining('ERR_INVALID_CHAR'),
  });
  expect(server.received).toHaveLength(0);
});

test('events that cannot be encoded are refused', async () => {
  await using server = await loopback((response, received) => succeed(response, received));
  await using siem = destination(server.url, {
    format() {
      throw new Error('no such field');
    },
  });
  expect(await siem.send(some, NEVER)).toEqual({
    kind: 'refused',
    why: 'cannot be encoded: Error: no such field',
  });
  expect(server.received).toHaveLength(0);
});

test('a server that never answers is given up when the deadline of the attempt passes', async () => {
  await using server = await loopback(() => {});
  await using siem = destination(server.url, { timeout: millis(150) });
  expect(await siem.send(some, NEVER)).toEqual({ kind: 'retry', why: 'no answer within 150 ms' });
  expect(server.received).toHaveLength(1);
});

test('a stop ends an attempt that hangs', async () => {
  const stop = new AbortController();
  await using server = await loopback(() => stop.abort());
  await using siem = destination(server.url);
  expect(await siem.send(some, stop.signal)).toEqual({
    kind: 'retry',
    why: 'stopped before an answer came',
  });
  expect(await siem.send(some, stop.signal)).toMatchObject({ kind: 'retry' });
  expect(server.received).toHaveLength(1);
});

test('an attempt given up before its request was made sends nothing', async () => {
  const stop = new AbortController();
  await using server = await loopback((response, received) => succeed(response, received));
  await using siem = destination(server.url);
  const answer = siem.send(some, stop.signal);
  stop.abort();
  expect(await answer).toMatchObject({ kind: 'retry' });
  // A later attempt over the same exporter shows that the first one has had its time.
  expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
  expect(server.received).toHaveLength(1);
});

test('the target shows no secrets', () => {
  const siem = destination('https://user:secret@siem.example:4318/v1/logs?token=t');
  expect(siem.target).toBe('https://siem.example:4318/v1/logs');
});

test('a success is one, also where its answer breaks off', async () => {
  await using server = await loopback((response) => {
    response.writeHead(200, { 'content-length': 10 }).write('{', () => response.destroy());
  });
  await using siem = destination(server.url);
  expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
});

test('a Status in protobuf is read: its text, and when to try again', async () => {
  const status = create(StatusSchema, {
    code: 14,
    message: 'busy',
    details: [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(2500) }))],
  });
  await using server = await loopback((response) =>
    response.writeHead(503, { 'content-type': 'application/x-protobuf' }).end(toBinary(StatusSchema, status)),
  );
  await using siem = destination(server.url, { protocol: 'http/protobuf' });
  expect(await siem.send(some, NEVER)).toEqual({
    kind: 'retry',
    after: 2500,
    why: 'HTTP 503 Service Unavailable: busy',
  });
});

test('JSON has what OTLP wants: numbers of enums, int64 as text, lowerCamelCase', async () => {
  await using server = await loopback((response, received) => succeed(response, received));
  await using siem = destination(server.url);
  await siem.send([aRiskEvent('a', { 'client.geo.location.lat': 52 })], NEVER);
  const [{ resource, scopeLogs }] = JSON.parse(server.received[0]!.body.toString()).resourceLogs;
  expect(resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'sidewatch' } }]);
  expect(scopeLogs[0].logRecords).toEqual([
    {
      timeUnixNano: `${TEN + 309_113}000`,
      observedTimeUnixNano: `${TEN}000`,
      severityNumber: 13,
      severityText: 'medium',
      eventName: 'sidewatch.risk',
      body: { stringValue: 'scan a' },
      attributes: [
        { key: 'log.record.uid', value: { stringValue: 'a' } },
        { key: 'sidewatch.risk.score', value: { intValue: '49' } },
        { key: 'client.geo.location.lat', value: { doubleValue: 52 } },
      ],
    },
  ]);
});

describe('headers of events', () => {
  const eventHeaders = [{ name: 'X-Scope-OrgID', attribute: 'k8s.cluster.name', otherwise: 'none' }];
  const of = (uid: string, cluster?: string): RiskEvent => {
    const event = aRiskEvent(uid);
    return cluster === undefined
      ? event
      : { ...event, resource: { ...event.resource, 'k8s.cluster.name': cluster } };
  };

  test('have the value of the resource, or the one for events without a value', async () => {
    await using server = await loopback((response, received) => succeed(response, received));
    await using siem = destination(server.url, { eventHeaders, headers: { authorization: 'Bearer t' } });
    expect(await siem.send([of('a', 'prod'), of('b', 'prod')], NEVER)).toEqual({ kind: 'delivered' });
    expect(await siem.send([of('c')], NEVER)).toEqual({ kind: 'delivered' });
    expect(server.received.map(({ headers }) => [headers['x-scope-orgid'], headers.authorization])).toEqual([
      ['prod', 'Bearer t'],
      ['none', 'Bearer t'],
    ]);
    expect(siem.requestKey?.(of('a', 'prod'))).toBe(siem.requestKey?.(of('b', 'prod')));
    expect(siem.requestKey?.(of('a', 'prod'))).not.toBe(siem.requestKey?.(of('c')));
  });

  test.each(['a\r\nauthorization: Bearer mine', 'café', ' a', 'x'.repeat(257), 'a\0'])(
    'a value that no header carries (%j) is replaced and reported, without its text',
    async (cluster) => {
      await using server = await loopback((response, received) => succeed(response, received));
      await using siem = destination(server.url, { eventHeaders });
      expect(await siem.send([of('a', cluster)], NEVER)).toEqual({
        kind: 'delivered',
        why: 'k8s.cluster.name has a value that no header can carry; X-Scope-OrgID was none in its place',
      });
      expect(server.received[0]!.headers['x-scope-orgid']).toBe('none');
      expect(server.received[0]!.headers.authorization).toBeUndefined();
    },
  );

  test('are attributes before they are resources, and also numbers', async () => {
    await using server = await loopback((response, received) => succeed(response, received));
    await using siem = destination(server.url, {
      eventHeaders: [{ name: 'x-score', attribute: 'sidewatch.risk.score', otherwise: '0' }],
    });
    await siem.send([aRiskEvent('a')], NEVER);
    expect(server.received[0]!.headers['x-score']).toBe('49');
  });
});

describe('what changes while it runs', () => {
  const ours = authority('ours');
  const listening = async () => {
    const clients: string[] = [];
    const server = createHttpsServer(
      { ...ours.issue('siem'), ca: ours.ca, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        clients.push(
          `${(request.socket as TLSSocket).getPeerCertificate().subject.CN} ${request.headers.authorization}`,
        );
        request.resume().on('end', () => response.end('{}'));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}/v1/logs`;
    return {
      url,
      clients,
      [Symbol.dispose]() {
        server.close();
        server.closeAllConnections();
      },
    };
  };

  test('a new certificate is shown over a new connection, and a new token is sent', async () => {
    using server = await listening();
    let secrets: OtlpSecrets = {
      keys: { ca: ours.ca, ...ours.issue('old') },
      headers: new Map([['authorization', 'one']]),
    };
    await using siem = destination(server.url, { secrets: () => secrets });
    expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
    secrets = { ...secrets, headers: new Map([['authorization', 'two']]) };
    await siem.send(some, NEVER);
    secrets = { ...secrets, keys: { ca: ours.ca, ...ours.issue('new') } };
    await siem.send(some, NEVER);
    expect(server.clients).toEqual(['old one', 'old two', 'new two']);
  });

  test('without a certificate a receiver that wants one is named with the keys to set', async () => {
    using server = await listening();
    await using siem = destination(server.url, { tls: { ca: ours.ca } });
    expect(await siem.send(some, NEVER)).toMatchObject({
      kind: 'retry',
      why: expect.stringMatching(/wants a client certificate .*; set tls\.cert_file and tls\.key_file/),
    });
  });
});
