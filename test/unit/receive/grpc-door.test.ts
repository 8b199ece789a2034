import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Receiver, Request, Verdict } from '../../../src/model/request.ts';
import { type GrpcOptions, startGrpc } from '../../../src/receive/grpc/grpc.ts';
import { RequestMemory } from '../../../src/receive/request-memory.ts';
import { type KnownToken, tokensIn } from '../../../src/receive/tokens.ts';
import { authority } from '../../support/authority.ts';
import { TEN } from '../../support/events.ts';
import { client, EXPORT, frame, openCall, readStatus } from './client.ts';

// Who gets in, over real sockets: tokens, TLS, unix sockets, and the part of one sender.

const KIB = 1024;
const OK: Verdict = { kind: 'accepted', rejected: 0 };
const BYTES = Buffer.from('a request');

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function start(options: Partial<GrpcOptions> = {}, verdict: () => Promise<Verdict> = async () => OK) {
  const seen: Request[] = [];
  const refused: (readonly [string, string, string])[] = [];
  const receiver: Receiver = await startGrpc(
    {
      endpoint: '127.0.0.1:0',
      maxRequestBytes: 64 * KIB,
      refused: (...all) => refused.push(all),
      ...options,
    },
    async (request) => {
      seen.push({ ...request, bytes: Buffer.from(request.bytes) });
      return verdict();
    },
    () => TEN,
  );
  ends.push(() => receiver.stop(AbortSignal.abort()));
  return { receiver, address: receiver.address, seen, refused };
}

function tokens(...files: readonly (readonly [string, string?])[]): readonly KnownToken[] {
  return files.flatMap(([text, cluster]) => {
    const found = tokensIn(text, cluster);
    if ('why' in found) throw new Error(found.why);
    return found;
  });
}

const UNKNOWN_TOKEN = /^the call has no bearer token that a file of auth.tokens holds$/;
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('tokens', () => {
  const known = tokens(['first\nsecond'], ['of-prod', 'prod']);

  test('let in whoever has one, and their cluster comes with the request', async () => {
    const { address, seen } = await start({ tokens: () => known });
    using sender = client(address);
    for (const token of ['first', 'second', 'of-prod'])
      expect((await sender.call(BYTES, bearer(token))).code).toBe(0);
    expect(seen.map(({ boundCluster, sender: from }) => [boundCluster, from])).toEqual([
      [undefined, '127.0.0.1'],
      [undefined, '127.0.0.1'],
      ['prod', '127.0.0.1'],
    ]);
  });

  test.each([
    ['none', {}, /^the call has no bearer token, and auth.tokens wants one;/],
    ['an unknown one', bearer('third'), UNKNOWN_TOKEN],
    ['the start of one', bearer('firs'), UNKNOWN_TOKEN],
    ['one with another scheme', { headers: { authorization: 'Basic first' } }, UNKNOWN_TOKEN],
  ])('keep out whoever has %s, and only the log says more than that', async (_, options, why) => {
    const { address, seen, refused } = await start({ tokens: () => known });
    using sender = client(address);
    const { code, message, details } = await sender.call(BYTES, options);
    expect([code, message]).toEqual([16, 'a valid bearer token is required']);
    expect(readStatus(details!)).toEqual({ code: 16, message, retryAfter: undefined });
    expect(refused).toEqual([['grpc 16', expect.stringMatching(why), '127.0.0.1']]);
    expect(seen).toEqual([]);
    // Neither is whether a method exists.
    expect((await sender.call(BYTES, { ...options, path: '/a.B/C' })).code).toBe(16);
  });

  test('are asked for before the message comes', async () => {
    const { address, seen } = await start({ tokens: () => known });
    const session = connect(`http://${address}`);
    ends.push(() => session.destroy());
    const stream = session.request({
      ':method': 'POST',
      ':path': EXPORT,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    // Not a byte of a message was sent.
    const [headers] = await once(stream, 'response');
    expect(headers['grpc-status']).toBe('16');
    expect(seen).toEqual([]);
  });

  test('that were replaced are known from the next call on', async () => {
    let current = known;
    const { address } = await start({ tokens: () => current });
    using sender = client(address);
    current = tokens(['new']);
    expect((await sender.call(BYTES, bearer('first'))).code).toBe(16);
    expect((await sender.call(BYTES, bearer('new'))).code).toBe(0);
  });

  test('go no further than this, whether they were asked for or not', async () => {
    for (const options of [{ tokens: () => known }, {}]) {
      const { address, seen, refused } = await start(options);
      using sender = client(address);
      await sender.call(BYTES, {
        headers: { ...bearer('first').headers, cookie: 'first', 'proxy-authorization': 'Basic first' },
      });
      await sender.call(BYTES, bearer('wr0ng'));
      const text = JSON.stringify([seen.map(({ headers }) => [...headers]), refused]);
      expect(text).toContain('user-agent');
      expect(text).not.toMatch(/first|wr0ng|authorization/);
    }
  });
});

describe('TLS', () => {
  const ours = authority('ours');
  const keys = { ...ours.issue('sidewatch'), minVersion: '1.2' as const };
  const collector = ours.issue('collector');
  const trusting = (own?: typeof collector) =>
    credentials.createSsl(
      Buffer.from(ours.ca),
      ...((own ? [Buffer.from(own.key), Buffer.from(own.cert)] : []) as [Buffer?, Buffer?]),
    );

  test('carries requests, large ones too', async () => {
    const { receiver, address, seen } = await start({ tls: () => keys });
    using sender = client(address, { secure: trusting() });
    const answers = [BYTES, Buffer.alloc(64 * KIB, 'x')].map((bytes) => sender.call(bytes));
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual([0, 0]);
    expect(seen.map(({ bytes, sender: from }) => [bytes.length, from])).toEqual([
      [9, '127.0.0.1'],
      [64 * KIB, '127.0.0.1'],
    ]);
    await receiver.stop(new AbortController().signal);
    expect((await sender.call(BYTES)).code).toBe(14);
  });

  test('a stop waits for the requests of secured connections, and ends handshakes', async () => {
    const [arrived, verdict] = [Promise.withResolvers<void>(), Promise.withResolvers<Verdict>()];
    const { receiver, address } = await start({ tls: () => keys }, () => {
      arrived.resolve();
      return verdict.promise;
    });
    using sender = client(address, { secure: trusting() });
    const answer = sender.call(BYTES);
    await arrived.promise;
    const idle = connectTcp(Number(address.split(':')[1]), '127.0.0.1').on('error', () => {});
    await once(idle, 'connect');
    const stopped = receiver.stop(new AbortController().signal);
    await once(idle.resume(), 'close');
    verdict.resolve(OK);
    expect((await answer).code).toBe(0);
    await stopped;
  });

  test('a client that leaves during its handshake is named', async () => {
    const failed = Promise.withResolvers<readonly string[]>();
    const { address } = await start({ tls: () => keys, handshakeFailed: (...all) => failed.resolve(all) });
    using distrustful = client(address, {
      secure: credentials.createSsl(Buffer.from(authority('others').ca)),
    });
    expect((await distrustful.call(BYTES)).code).toBe(14);
    expect(await failed.promise).toEqual([expect.stringMatching(/^the client left/), '127.0.0.1']);
  });

  test('with a certificate of the client is enough; without one the failure is reported', async () => {
    const failed = Promise.withResolvers<readonly string[]>();
    const { address } = await start({
      tls: () => ({ ...keys, clientCa: ours.ca }),
      handshakeFailed: (...all) => failed.resolve(all),
    });
    using known = client(address, { secure: trusting(collector) });
    expect((await known.call(BYTES)).code).toBe(0);
    using unknown = client(address, { secure: trusting() });
    expect((await unknown.call(BYTES)).code).toBe(14);
    expect(await failed.promise).toEqual([
      expect.stringMatching(/^the client has no certificate/),
      '127.0.0.1',
    ]);
  });

  test('on one side alone is named as that', async () => {
    const failed = Promise.withResolvers<string>();
    const secure = await start({ tls: () => keys, handshakeFailed: failed.resolve });
    using plain = client(secure.address);
    expect((await plain.call(BYTES)).code).toBe(14);
    expect(await failed.promise).toMatch(/^the client does not speak TLS, and this port does/);

    const broken = Promise.withResolvers<string>();
    const plaintext = await start({ broken: broken.resolve });
    using over = client(plaintext.address, { secure: trusting() });
    expect((await over.call(BYTES)).code).toBe(14);
    expect(await broken.promise).toMatch(/in plain text, and this port has no TLS/);
  });

  test('connections count before their handshake too', async () => {
    const broken = Promise.withResolvers<string>();
    const { address } = await start({ tls: () => keys, maxConnections: 1, broken: broken.resolve });
    using first = client(address, { secure: trusting() });
    expect((await first.call(BYTES)).code).toBe(0);
    using second = client(address, { secure: trusting() });
    expect((await second.call(BYTES)).code).toBe(14);
    expect(await broken.promise).toBe(
      'there are already 1 connections, which is the limit (max_connections)',
    );
  });
});

test('a unix socket carries requests, its path names their sender, and its file goes with the receiver', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'door-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'otlp.sock');
  const { receiver, address, seen } = await start({
    endpoint: `unix://${path}`,
    maxConnectionsPerSender: 1,
    memory: new RequestMemory(256 * KIB * KIB, 1),
  });
  expect(address).toBe(`unix://${path}`);
  using first = client(address);
  using second = client(address);
  for (const one of [first, second]) expect((await one.call(BYTES)).code).toBe(0);
  expect(seen.map(({ sender }) => sender)).toEqual([address, address]);
  await receiver.stop(AbortSignal.abort());
  expect(existsSync(path)).toBe(false);
});

test('one greedy sender leaves room for others, and hears when to try again', async () => {
  const { address, refused } = await start({
    memory: new RequestMemory(200 * KIB, 100 * KIB),
    tokens: () => tokens(['greedy', 'a'], ['modest', 'b']),
  });
  // A message that never comes to its end.
  const { session } = await openCall(address, frame(0, Buffer.alloc(50 * KIB), 60 * KIB), {
    authorization: 'Bearer greedy',
  });
  ends.push(() => session.destroy());
  using sender = client(address);
  const large = Buffer.alloc(60 * KIB);
  const { code, message, details } = await sender.call(large, bearer('greedy'));
  expect([code, message]).toEqual([
    14,
    'the requests in progress of this sender use all the memory that one sender may have (limits.sender_requests_mib)',
  ]);
  expect(readStatus(details!).retryAfter).toBe(1000);
  expect(refused).toEqual([['sender limit', message, '127.0.0.1']]);
  expect((await sender.call(large, bearer('modest'))).code).toBe(0);
});

/** An address of this machine that is not its own alone. */
const outside = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test.skipIf(outside === undefined)('connections from one address have a limit', async () => {
  const broken = Promise.withResolvers<readonly string[]>();
  const { address } = await start({
    endpoint: '0.0.0.0:0',
    maxConnectionsPerSender: 1,
    broken: (...all) => broken.resolve(all),
  });
  const port = address.slice(address.lastIndexOf(':'));
  using first = client(`${outside}${port}`);
  expect((await first.call(BYTES)).code).toBe(0);
  // A connection of its own, as a channel to the same place would share the first one.
  const second = connect(`http://${outside}${port}`).on('error', () => {});
  await new Promise((resolve) => second.once('close', resolve));
  expect(await broken.promise).toEqual([
    'there are already 1 connections of one sender, which is the limit (max_connections_per_sender)',
    outside,
  ]);
  for (let i = 0; i < 3; i++) {
    using local = client(`127.0.0.1${port}`);
    expect((await local.call(BYTES)).code).toBe(0);
  }
});
