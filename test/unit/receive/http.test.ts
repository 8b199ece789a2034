import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { millis } from '../../../src/lib/time-format.ts';
import type { Handle, Request, Verdict } from '../../../src/model/request.ts';
import { type OtlpOverHttpOptions, startOtlpHttp } from '../../../src/receive/http/otlp-over-http.ts';
import { RequestMemory } from '../../../src/receive/request-memory.ts';
import { type KnownToken, tokensIn } from '../../../src/receive/tokens.ts';
import { authority } from '../../support/authority.ts';
import { TEN } from '../../support/events.ts';
import { runs } from '../../support/property.ts';
import { headOf, JSON_TYPE, PROTOBUF, post, rawConnection, statusOf } from './http-client.ts';

// How requests, connections and a stop go over real sockets. What OTLP says of them: test/conformance/otlp.test.ts.

const KIB = 1024;
const LIMIT = 64 * KIB;
const OK: Verdict = { kind: 'accepted', rejected: 0 };
const BYTES = Buffer.from('a request');
const now = AbortSignal.abort();
const never = new AbortController().signal;

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function start(options: Partial<OtlpOverHttpOptions> = {}, handle?: Handle) {
  const seen: Request[] = [];
  const refused: (readonly [string, string])[] = [];
  const broken: string[] = [];
  let unread = 0;
  const receiver = await startOtlpHttp(
    {
      endpoint: '127.0.0.1:0',
      maxRequestBytes: LIMIT,
      refused: (as, why) => refused.push([as, why]),
      broken: (why) => broken.push(why),
      unread: () => unread++,
      ...options,
    },
    async (request) => {
      seen.push({ ...request, bytes: Buffer.from(request.bytes) });
      return (await handle?.(request)) ?? OK;
    },
    () => TEN,
  );
  ends.push(() => receiver.stop(now));
  return {
    receiver,
    address: receiver.address,
    seen,
    refused,
    broken,
    get unread() {
      return unread;
    },
  };
}

/** A handler that waits until it is let go. */
function holding() {
  const entered = Promise.withResolvers<void>();
  const free = Promise.withResolvers<Verdict>();
  const handle: Handle = () => {
    entered.resolve();
    return free.promise;
  };
  return { handle, entered: entered.promise, letGo: () => free.resolve(OK) };
}

function tokens(text: string, cluster?: string): readonly KnownToken[] {
  const found = tokensIn(text, cluster);
  if ('why' in found) throw new Error(found.why);
  return found;
}

describe('a request', () => {
  test('reaches the handler byte for byte, with who sent it and without secrets', async () => {
    const { address, seen } = await start();
    const headers = { ...PROTOBUF, authorization: 'Bearer secret', cookie: 'secret', 'x-scope-orgid': 'a' };
    const { status, body } = await post(address, { body: BYTES, headers });
    expect([status, body.length]).toEqual([200, 0]);
    expect(seen).toEqual([
      {
        bytes: BYTES,
        shape: 'otlp',
        arrived: TEN,
        sender: '127.0.0.1',
        headers: new Map([['x-scope-orgid', 'a']]),
      },
    ]);
  });

  test('may come in pieces and without a length', async () => {
    const { address, seen } = await start();
    const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(KIB, i));
    expect((await post(address, { body: pieces })).status).toBe(200);
    expect(Buffer.concat(pieces).equals(seen[0]!.bytes)).toBe(true);
  });

  test('follows another on the same connection', async () => {
    const { address, seen } = await start();
    const { socket, hears } = await rawConnection(address);
    socket.write(`${headOf('', 3)}one`);
    await hears(/200 OK/);
    socket.write(`${headOf('', 3)}two`);
    await hears(/200 OK[\s\S]*200 OK/);
    expect(seen.map(({ bytes }) => String(bytes))).toEqual(['one', 'two']);
    socket.destroy();
  });

  test.each([
    ['with its length', (bytes: Buffer) => ({ body: bytes })],
    ['in pieces', (bytes: Buffer) => ({ body: [bytes.subarray(0, 10), bytes.subarray(10)] })],
    [
      'compressed',
      (bytes: Buffer) => ({ body: gzipSync(bytes), headers: { ...PROTOBUF, 'content-encoding': 'gzip' } }),
    ],
  ])('of the largest size is accepted, and one byte more is 413: %s', async (_, sent) => {
    const { address, seen, refused } = await start();
    expect((await post(address, sent(Buffer.alloc(LIMIT)))).status).toBe(200);
    const answer = await post(address, sent(Buffer.alloc(LIMIT + 1)));
    expect([answer.status, statusOf(answer).code]).toEqual([413, 8]);
    expect(statusOf(answer).message).toContain('receivers.otlp.protocols.http.max_request_body_size');
    expect(seen).toHaveLength(1);
    expect(refused.map(([as]) => as)).toEqual(['http 413']);
  });

  test('that asks whether to go on hears so, or why not, before it sends its body', async () => {
    const { address, seen } = await start();
    const good = await rawConnection(address);
    good.socket.write(headOf('expect: 100-continue\r\n', 3));
    await good.hears(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
    good.socket.write('one');
    await good.hears(/200 OK/);
    const large = await rawConnection(address);
    large.socket.write(headOf('expect: 100-continue\r\n', LIMIT + 1));
    expect(await large.hears(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 413 /);
    expect(seen).toHaveLength(1);
    for (const { socket } of [good, large]) socket.destroy();
  });

  test('whose body does not come in time is 503, and then its connection is closed', async () => {
    const { address, refused } = await start({ maxMessageTime: millis(20) });
    const { socket, hears, closed } = await rawConnection(address);
    socket.write(`${headOf('', 10)}half`);
    expect(await hears(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 503 [\s\S]*retry-after: 1\r\n/);
    await closed;
    expect(refused).toEqual([['http 503', 'the request was not complete within 20 ms']]);
  });

  test('that its sender gives up is counted, and its memory is given back', async () => {
    const gone = Promise.withResolvers<void>();
    const memory = new RequestMemory(8 * KIB);
    const refused: string[] = [];
    const { address } = await start({
      memory,
      refused(as) {
        refused.push(as);
        gone.resolve();
      },
    });
    const { socket, hears } = await rawConnection(address);
    socket.write(headOf('expect: 100-continue\r\n', 7 * KIB));
    await hears(/100/);
    await new Promise((done) => socket.write(Buffer.alloc(6 * KIB), done));
    socket.destroy();
    await gone.promise;
    expect(refused).toEqual(['cancelled']);
    expect((await post(address, { body: Buffer.alloc(7 * KIB) })).status).toBe(200);
  });

  test('for which there is no memory now is 429 with a time to try again', async () => {
    const { handle, entered, letGo } = holding();
    const { address, refused } = await start({ memory: new RequestMemory(8 * KIB) }, handle);
    const first = post(address, { body: Buffer.alloc(7 * KIB) });
    await entered;
    const answer = await post(address, { body: Buffer.alloc(7 * KIB) });
    expect([answer.status, answer.headers['retry-after'], statusOf(answer).code]).toEqual([429, '1', 14]);
    expect(refused).toEqual([
      ['http 429', 'the requests in progress use all the memory that they may have (limits.requests_mib)'],
    ]);
    letGo();
    expect((await first).status).toBe(200);
  });

  test('is refused while as many are handled as may be', async () => {
    const { handle, entered, letGo } = holding();
    const { address, refused } = await start({ maxInFlight: 1 }, handle);
    const first = post(address);
    await entered;
    const answer = await post(address);
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '1']);
    expect(refused.map(([as]) => as)).toEqual(['http 429']);
    letGo();
    expect((await first).status).toBe(200);
    expect((await post(address)).status).toBe(200);
  });

  test('whose handler fails is 500, and says no more', async () => {
    const { address } = await start({}, async () => {
      throw new Error('secret');
    });
    const answer = await post(address);
    expect([answer.status, statusOf(answer)]).toEqual([500, { code: 13, message: 'internal error' }]);
  });
});

describe('tokens', () => {
  test('are asked for before the body comes, and name the cluster', async () => {
    const { address, seen, refused } = await start({ tokens: () => tokens('of-prod', 'prod') });
    const { socket, hears } = await rawConnection(address);
    socket.write(headOf('', 100));
    expect(await hears(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 401 [\s\S]*www-authenticate: Bearer\r\n/);
    socket.destroy();
    for (const authorization of ['Bearer of-pro', 'Basic of-prod']) {
      const answer = await post(address, { headers: { ...PROTOBUF, authorization } });
      expect([answer.status, statusOf(answer)]).toEqual([
        401,
        { code: 16, message: 'a valid bearer token is required' },
      ]);
    }
    // Neither is whether a page exists.
    expect((await post(address, { path: '/none', method: 'GET' })).status).toBe(401);
    expect(refused.map(([as]) => as)).toEqual(Array(4).fill('http 401'));
    await post(address, { headers: { ...PROTOBUF, authorization: 'Bearer of-prod' } });
    expect(seen.map(({ boundCluster }) => boundCluster)).toEqual(['prod']);
  });
});

describe('TLS', () => {
  test('carries requests, and a client without it hears nothing', async () => {
    const { ca, issue } = authority('Tests');
    const { cert, key } = issue('localhost');
    const failures: string[] = [];
    const { address } = await start({
      tls: () => ({ cert, key, minVersion: '1.2' }),
      handshakeFailed: (why) => failures.push(why),
    });
    expect((await post(address, { tls: { ca } })).status).toBe(200);
    await expect(post(address)).rejects.toThrow();
    expect(failures).toEqual([expect.stringContaining('the client does not speak TLS')]);
  });
});

test('a unix socket carries requests, its path names their sender, and its file goes with the receiver', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'http-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'http.sock');
  const { receiver, address, seen } = await start({ endpoint: `unix://${path}` });
  expect((await post(address)).status).toBe(200);
  expect(seen[0]!.sender).toBe(`unix://${path}`);
  await receiver.stop(now);
  expect(existsSync(path)).toBe(false);
});

describe('a connection', () => {
  test('over the limit hears why', async () => {
    const { address, broken } = await start({ maxConnections: 1 });
    const first = await rawConnection(address);
    const answer = await post(address);
    const why = 'there are already 1 connections, which is the limit (max_connections)';
    expect([answer.status, String(answer.body)]).toEqual([503, why]);
    expect(broken).toEqual([why]);
    first.socket.destroy();
  });

  test.each([
    ['nothing', ''],
    ['half a head', 'POST /v1/logs HTTP/1.1\r\nhost: x\r\n'],
  ])('that sends %s is closed after a time', async (_, text) => {
    const { address, broken } = await start({ times: { head: millis(20) } });
    const { socket, closed } = await rawConnection(address);
    socket.write(text);
    await closed;
    expect(broken).toEqual(['the client sent no whole head of a request within 20 ms']);
  });

  test('is closed when it was idle for long, and no error', async () => {
    const { address, broken } = await start({ times: { idle: millis(20) } });
    const { socket, hears, closed } = await rawConnection(address);
    socket.write(headOf());
    await hears(/200 OK/);
    await closed;
    expect(broken).toEqual([]);
  });

  test('that is idle makes room, although its client does not close it', async () => {
    const { address } = await start({ times: { idle: millis(20) }, maxConnections: 1 });
    const [, port] = address.split(':');
    const idle = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true }).resume();
    ends.push(() => idle.destroy());
    idle.write(headOf());
    await once(idle, 'end');
    while ((await post(address)).status !== 200);
  });

  test('that is old ends with its next answer, or at once if it is idle', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    ends.push(() => vi.useRealTimers());
    const { handle, entered, letGo } = holding();
    const { address, broken } = await start({}, handle);
    const idle = await rawConnection(address);
    idle.socket.write('POST');
    const { socket, hears, closed } = await rawConnection(address);
    socket.write(headOf());
    await entered;
    vi.advanceTimersByTime(330_000);
    await idle.closed;
    letGo();
    expect(await hears(/200 OK[\s\S]*\r\n\r\n/)).toMatch(/connection: close\r\n/i);
    await closed;
    expect(broken).toHaveLength(1);
  });

  test.each([
    ['text', 'hello\r\n\r\n', /^it sends no HTTP that can be read/],
    ['TLS', Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3]), /^it speaks TLS/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^it speaks HTTP\/2/],
    ['a head that is too large', headOf(`x: ${'y'.repeat(20_000)}\r\n`), /HPE_HEADER_OVERFLOW/],
    ['two lengths', headOf('content-length: 7\r\n', 3), /^it sends no HTTP/],
    ['a length and pieces', headOf('transfer-encoding: chunked\r\n', 3), /^it sends no HTTP/],
  ])('that sends %s is refused and closed, and only that', async (_, bytes, why) => {
    const { address, broken, seen } = await start();
    const { socket, closed, hears } = await rawConnection(address);
    socket.write(bytes);
    await hears(/^HTTP\/1.1 4(00|31) /);
    await closed;
    expect(broken).toEqual([expect.stringMatching(why)]);
    expect(seen).toEqual([]);
    expect((await post(address)).status).toBe(200);
  });

  test('that does not wait for answers is closed at some point', async () => {
    const { handle } = holding();
    const { address, broken, seen } = await start({}, handle);
    const { socket, closed } = await rawConnection(address);
    socket.write(headOf().repeat(50));
    await closed;
    expect(broken[0]).toMatch(/^the client sent more than 10 requests without waiting/);
    expect(seen.length).toBeLessThanOrEqual(10);
  });

  test('is answered or cut, whatever comes on it', async () => {
    const { address } = await start();
    const line = fc.constantFrom(
      'POST /v1/logs HTTP/1.1',
      'content-length: 3',
      'transfer-encoding: chunked',
      'content-encoding: gzip',
      'content-type: application/json',
      'expect: 100-continue',
      'connection: upgrade',
      'upgrade: websocket',
      '',
      '3',
      'abc',
      '0',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(line, fc.string()), { maxLength: 12 }), async (lines) => {
        const { socket, closed } = await rawConnection(address);
        socket.end(lines.join('\r\n'));
        await closed;
      }),
      runs(60),
    );
    expect((await post(address)).status).toBe(200);
  });
});

describe('a stop', () => {
  test('answers what is being handled, closes what is idle, and takes nothing new', async () => {
    const { handle, entered, letGo } = holding();
    const { receiver, address } = await start({}, handle);
    const idle = await rawConnection(address);
    const { socket, hears, closed } = await rawConnection(address);
    socket.write(headOf());
    await entered;
    const stopped = receiver.stop(never);
    await idle.closed;
    await expect(post(address)).rejects.toThrow();
    letGo();
    expect(await hears(/200 OK[\s\S]*\r\n\r\n/)).toMatch(/connection: close\r\n/i);
    await Promise.all([closed, stopped, receiver.stop(now)]);
  });

  test('lets bodies that are arriving come, for a while', async () => {
    const { receiver, address, seen } = await start({ lastMessagesTime: millis(50) });
    const late = await rawConnection(address);
    const good = await rawConnection(address);
    for (const { socket, hears } of [late, good]) {
      socket.write(headOf('expect: 100-continue\r\n', 3));
      await hears(/100/);
    }
    const stopped = receiver.stop(never);
    good.socket.write('one');
    await good.hears(/200 OK/);
    expect(await late.hears(/503 /)).toMatch(/retry-after: 1\r\n/);
    late.socket.destroy();
    await stopped;
    expect(seen).toHaveLength(1);
  });

  test('cuts off at its deadline', async () => {
    const { handle, entered } = holding();
    const { receiver, address } = await start({}, handle);
    const { socket, closed } = await rawConnection(address);
    socket.write(headOf());
    await entered;
    await receiver.stop(AbortSignal.timeout(20));
    await closed;
  });
});

describe('a browser', () => {
  const cors = { allowedOrigins: ['https://*.example.com'], allowedHeaders: ['X-Token'], maxAge: 600 };
  const ask = (address: string, origin: string) =>
    post(address, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, x-token, x-other',
      },
    });

  test('may send from an allowed origin, without a token for the question', async () => {
    const { address, seen } = await start({ cors, tokens: () => tokens('secret') });
    const { status, headers } = await ask(address, 'https://app.example.com');
    expect([status, headers]).toMatchObject([
      204,
      {
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type, x-token',
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    ]);
    const authorization = 'Bearer secret';
    const sent = await post(address, {
      body: '{}',
      headers: { ...JSON_TYPE, authorization, origin: 'https://app.example.com' },
    });
    expect([sent.status, sent.headers['access-control-allow-origin']]).toEqual([
      200,
      'https://app.example.com',
    ]);
    expect(seen).toHaveLength(1);
  });

  test('hears nothing of CORS from another origin', async () => {
    const { address } = await start({ cors });
    for (const origin of ['https://example.com.evil.test', 'http://app.example.com', 'https://example.com']) {
      const answers = [await ask(address, origin), await post(address, { headers: { ...PROTOBUF, origin } })];
      expect(answers.map(({ headers }) => headers['access-control-allow-origin'])).toEqual([
        undefined,
        undefined,
      ]);
    }
  });
});
