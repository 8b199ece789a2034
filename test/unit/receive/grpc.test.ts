import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ExportLogsServiceResponseSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis } from '../../../src/lib/time-format.ts';
import type { Handle, Receiver, Request, Verdict } from '../../../src/model/request.ts';
import type { Clock, Micros } from '../../../src/model/time.ts';
import { startGrpc } from '../../../src/receive/grpc/grpc.ts';
import { TEN } from '../../support/events.ts';
import { runs } from '../../support/property.ts';
import { client, EXPORT, frame, openCall, rawCall, readStatus } from './client.ts';
import { startGrpcJs } from './grpc-js-server.ts';

const capture = readFileSync(new URL('../../captures/otlp/kube-hunter.grpc.bin', import.meta.url));
const LIMIT = 64 * 1024;
const OK: Verdict = { kind: 'accepted', rejected: 0 };
const now = AbortSignal.abort();
const never = new AbortController().signal;

let started: Receiver[] = [];
afterEach(async () => {
  await Promise.all(started.map((receiver) => receiver.stop(now)));
  started = [];
});

describe.each([
  ['ours', startGrpc],
  ['the reference, grpc-js', startGrpcJs],
] as const)('%s', (_name, startReceiver: typeof startGrpc) => {
  async function start(
    handle: Handle,
    endpoint = '127.0.0.1:0',
    clock: Clock = () => TEN,
  ): Promise<Receiver> {
    const receiver = await startReceiver({ endpoint, maxRequestBytes: LIMIT }, handle, clock);
    started.push(receiver);
    return receiver;
  }

  /** A server that keeps what it is given and answers `verdict`. */
  async function keeping(verdict: Verdict = OK, clock?: Clock) {
    const seen: Request[] = [];
    const receiver = await start(
      async (request) => {
        seen.push({ ...request, bytes: Buffer.from(request.bytes) });
        return verdict;
      },
      undefined,
      clock,
    );
    return { receiver, address: receiver.address, seen };
  }

  /** A server whose handler waits until it is let go; `entered` resolves when a request has reached it. */
  async function holding() {
    const entered = Promise.withResolvers<void>();
    const free = Promise.withResolvers<Verdict>();
    let calls = 0;
    const receiver = await start(() => {
      calls++;
      entered.resolve();
      return free.promise;
    });
    return {
      receiver,
      entered: entered.promise,
      letGo: () => free.resolve(OK),
      get calls() {
        return calls;
      },
    };
  }

  describe('a request', () => {
    it("reaches the handler with the collector's bytes, and OK has no partial success", async () => {
      const { address, seen } = await keeping();
      using sender = client(address);
      expect(await sender.call(capture)).toEqual({ code: 0, message: '', body: Buffer.alloc(0) });
      expect(seen).toHaveLength(1);
      expect(Buffer.from(seen[0]!.bytes).equals(capture)).toBe(true);
      expect(seen[0]).toMatchObject({ shape: 'otlp', arrived: TEN });
    });

    it('may be empty', async () => {
      const { address, seen } = await keeping();
      using sender = client(address);
      expect((await sender.call(new Uint8Array())).code).toBe(0);
      expect(seen[0]!.bytes).toHaveLength(0);
    });

    it('carries its text headers, but no binary ones and none of gRPC itself', async () => {
      const { address, seen } = await keeping();
      using sender = client(address);
      await sender.call(capture, {
        headers: { 'X-Scope-OrgID': 'team-a', 'trace-bin': Buffer.of(1) },
      });
      const { headers } = seen[0]!;
      expect(headers.get('x-scope-orgid')).toBe('team-a');
      expect(headers.get('user-agent')).toContain('grpc');
      expect([...headers.keys()].filter((name) => /^(:|grpc-|te$)|-bin$/.test(name))).toEqual([]);
    });

    it("carries its client's deadline, and none where there is none", async () => {
      const { address, seen } = await keeping(OK, () => (Date.now() * 1000) as Micros);
      using sender = client(address);
      const before = Date.now();
      await sender.call(capture, { deadline: new Date(before + 60_000) });
      await sender.call(capture);
      expect(seen[0]!.deadline).toBeGreaterThan(before * 1000);
      // The client rounds the time that is left, the server adds it to its own clock.
      expect(seen[0]!.deadline).toBeLessThan((before + 120_000) * 1000);
      expect(seen[1]).not.toHaveProperty('deadline');
    });

    it('may be compressed with gzip, as collectors do, or deflate', async () => {
      const { address, seen } = await keeping();
      using sender = client(address, { gzip: true });
      expect((await sender.call(capture)).code).toBe(0);
      expect(
        await rawCall(address, { 'grpc-encoding': 'deflate' }, frame(1, deflateSync(capture))),
      ).toMatchObject({
        code: 0,
      });
      expect(seen.map(({ bytes }) => Buffer.from(bytes).equals(capture))).toEqual([true, true]);
    });

    it('waits at its client while a hundred others of its connection are under way', async () => {
      const full = Promise.withResolvers<void>();
      const free = Promise.withResolvers<Verdict>();
      let inside = 0;
      const { address } = await start(() => {
        if (++inside === 100) full.resolve();
        return free.promise;
      });
      using sender = client(address);
      const calls = Array.from({ length: 150 }, () => sender.call(capture));
      await full.promise;
      // A round trip on another connection: what else was sent by now would be inside.
      await rawCall(address, { ':path': '/none' }, frame(0, capture));
      expect(inside).toBe(100);
      free.resolve(OK);
      expect((await Promise.all(calls)).filter(({ code }) => code !== 0)).toEqual([]);
    });

    it('meets UNIMPLEMENTED under another name', async () => {
      const { address, seen } = await keeping();
      using sender = client(address);
      for (const path of [`${EXPORT}All`, '/opentelemetry.proto.collector.trace.v1.TraceService/Export'])
        expect((await sender.call(capture, { path })).code).toBe(12);
      expect(seen).toHaveLength(0);
    });
  });

  describe('a request whose deadline passes', () => {
    it('is DEADLINE_EXCEEDED while its handler goes on, and so is one whose bytes never end', async () => {
      const held = await holding();
      const headers = { 'grpc-timeout': '20m' };
      expect((await rawCall(held.receiver.address, headers, frame(0, capture))).code).toBe(4);
      expect(held.calls).toBe(1);
      held.letGo();
      const { stream } = await openCall(
        held.receiver.address,
        frame(0, capture, capture.length + 1),
        headers,
      );
      const [answer] = await once(stream, 'response');
      expect(answer).toMatchObject({ 'grpc-status': '4' });
      expect(held.calls).toBe(1);
    });
  });

  describe('a verdict', () => {
    it('of partial success says how many and why', async () => {
      const { address } = await keeping({ kind: 'accepted', rejected: 2, why: 'auditID is missing' });
      using sender = client(address);
      const { code, body } = await sender.call(capture);
      expect(code).toBe(0);
      expect(fromBinary(ExportLogsServiceResponseSchema, body!).partialSuccess).toMatchObject({
        rejectedLogRecords: 2n,
        errorMessage: 'auditID is missing',
      });
    });

    it.each(['overloaded', 'unavailable'] as const)(
      '%s is UNAVAILABLE and says when to come again',
      async (kind) => {
        const { address } = await keeping({ kind, retryAfter: millis(2500), why: 'the outbox is full' });
        using sender = client(address);
        const { code, message, details } = await sender.call(capture);
        expect({ code, message }).toEqual({ code: 14, message: 'the outbox is full' });
        expect(readStatus(details!)).toEqual({ code: 14, message: 'the outbox is full', retryAfter: 2500 });
      },
    );

    it.each([
      ['malformed', 3],
      ['too_large', 8],
      ['unauthenticated', 16],
    ] as const)('%s is code %i, for good', async (kind, expected) => {
      const { address } = await keeping({ kind, why: `it is ${kind}` });
      using sender = client(address);
      const { code, message, details } = await sender.call(capture);
      expect({ code, message }).toEqual({ code: expected, message: `it is ${kind}` });
      expect(readStatus(details!).retryAfter).toBeUndefined();
    });

    it("gives the next hop's answer as ours", async () => {
      const status = Buffer.from('080e120466756c6c', 'hex');
      const { address } = await keeping({ kind: 'relayed', code: 14, status });
      using sender = client(address);
      expect(await sender.call(capture)).toEqual({ code: 14, message: 'full', details: status });
    });

    it('quotes text that no header could carry as it is', async () => {
      const { address } = await keeping({ kind: 'malformed', why: 'line 1\nline 2 \u{1F600} \ud800 100%' });
      using sender = client(address);
      expect(await sender.call(capture)).toMatchObject({
        code: 3,
        message: 'line 1\nline 2 \u{1F600} \ufffd 100%',
      });
    });

    it('that never comes, because the handler threw, is INTERNAL without a word of it; the next request is served', async () => {
      let calls = 0;
      const { address } = await start((): Promise<Verdict> => {
        calls++;
        if (calls === 1) throw new Error('secret');
        return calls === 2 ? Promise.reject(new Error('secret')) : Promise.resolve(OK);
      });
      using sender = client(address);
      for (const _ of [1, 2])
        expect(await sender.call(capture)).toMatchObject({ code: 13, message: 'internal error' });
      expect((await sender.call(capture)).code).toBe(0);
    });
  });

  describe('a request over the limit', () => {
    it('is RESOURCE_EXHAUSTED, one of just the limit is taken', async () => {
      const { address, seen } = await keeping();
      using sender = client(address);
      expect((await sender.call(new Uint8Array(LIMIT))).code).toBe(0);
      expect((await sender.call(new Uint8Array(LIMIT + 1))).code).toBe(8);
      expect(seen).toHaveLength(1);
    });

    it('is refused by the length it claims, before its bytes come', async () => {
      const { address } = await keeping();
      expect((await rawCall(address, {}, frame(0, Buffer.alloc(1), 0xffff_ffff))).code).toBe(8);
    });

    it('is refused after decompression too: a bomb does not go off', async () => {
      const { address, seen } = await keeping();
      const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
      expect(bomb.length).toBeLessThan(LIMIT);
      expect((await rawCall(address, { 'grpc-encoding': 'gzip' }, frame(1, bomb))).code).toBe(8);
      const edge = (size: number) =>
        rawCall(address, { 'grpc-encoding': 'gzip' }, frame(1, gzipSync(Buffer.alloc(size))));
      expect((await edge(LIMIT + 1)).code).toBe(8);
      expect((await edge(LIMIT)).code).toBe(0);
      expect(seen).toHaveLength(1);
    });
  });

  describe('bytes that are no request', () => {
    const gzip = { 'grpc-encoding': 'gzip' };

    it.each([
      ['a compressed frame that is not gzip', gzip, frame(1, Buffer.from('not gzip at all')), 13],
      ['a compressed frame without bytes', gzip, frame(1, Buffer.alloc(0)), 13],
      ['gzip that ends too soon', gzip, frame(1, gzipSync(capture).subarray(0, 200)), 13],
      ['an encoding we do not know', { 'grpc-encoding': 'snappy' }, frame(1, Buffer.from('snappy')), 12],
      ['no frame at all', {}, Buffer.alloc(0), 12],
      ['half a frame', {}, frame(0, Buffer.from('half'), 8), 12],
      ['a frame after an empty one', {}, Buffer.concat([frame(0, Buffer.alloc(0)), frame(0, capture)]), 12],
      ['two frames', {}, Buffer.concat([frame(0, capture), frame(0, capture)]), 12],
      ['a timeout that is none', { 'grpc-timeout': 'soon' }, frame(0, capture), 13],
      ['a body that is not gRPC', { 'content-type': 'application/json' }, Buffer.from('{}'), undefined],
    ])('%s is answered, and the server goes on', async (_, headers, body, code) => {
      const { address, seen } = await keeping();
      expect((await rawCall(address, headers, body)).code).toBe(code);
      expect(seen).toHaveLength(0);
      using sender = client(address);
      expect((await sender.call(capture)).code).toBe(0);
    });

    it('are answered or cut off, whatever they are', async () => {
      const { address } = await keeping();
      const encoding = fc.constantFrom('identity', 'gzip', 'deflate', 'zstd', '', 'GZIP, gzip');
      await fc.assert(
        fc.asyncProperty(
          encoding,
          fc.nat(255),
          fc.uint8Array(),
          fc.option(fc.nat(0xffff_ffff)),
          async (name, flag, bytes, length) => {
            await rawCall(address, { 'grpc-encoding': name }, frame(flag, bytes, length ?? bytes.length));
          },
        ),
        runs(60),
      );
      using sender = client(address);
      expect((await sender.call(capture)).code).toBe(0);
    });

    it('cut a connection that is not HTTP/2, and only that', async () => {
      const { address } = await keeping();
      const socket = connect(Number(address.split(':')[1]), '127.0.0.1').resume();
      socket.on('error', () => {});
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'close');
      using sender = client(address);
      expect((await sender.call(capture)).code).toBe(0);
    });
  });

  describe('start', () => {
    it('names the address as bound, with localhost as it was written', async () => {
      const receiver = await start(async () => OK, 'localhost:0');
      expect(receiver.address).toMatch(/^localhost:[1-9]\d*$/);
      using sender = client(receiver.address);
      expect((await sender.call(capture)).code).toBe(0);
    });

    it('fails in one line where the port is in use', async () => {
      const { address } = await start(async () => OK, 'localhost:0');
      await expect(start(async () => OK, address)).rejects.toThrow(
        `cannot listen on ${address}: the address is in use; stop the other process or set receivers.otlp.protocols.grpc.endpoint`,
      );
    });
  });

  describe('stop', () => {
    it('lets a request under way finish, and takes no other', async () => {
      const held = await holding();
      using sender = client(held.receiver.address);
      const first = sender.call(capture);
      await held.entered;
      const stopped = held.receiver.stop(never);
      held.letGo();
      expect((await first).code).toBe(0);
      await stopped;
      using late = client(held.receiver.address);
      expect((await late.call(capture)).code).toBe(14);
      expect(held.calls).toBe(1);
    });

    it('waits for the handler of a request whose client has left', async () => {
      const held = await holding();
      const left = await openCall(held.receiver.address, frame(0, capture));
      left.stream.end();
      await held.entered;
      left.session.destroy();
      let stopped = false;
      const stop = held.receiver.stop(never).then(() => {
        stopped = true;
      });
      // A whole call elsewhere takes longer than it takes to see that the connection is gone.
      const other = await keeping();
      using sender = client(other.address);
      await sender.call(capture);
      expect(stopped).toBe(false);
      held.letGo();
      await stop;
    });

    it('cuts what is under way when its signal aborts', async () => {
      const held = await holding();
      using sender = client(held.receiver.address);
      const first = sender.call(capture);
      await held.entered;
      const deadline = new AbortController();
      const stopped = held.receiver.stop(deadline.signal);
      deadline.abort();
      await stopped;
      // CANCELLED or UNAVAILABLE, as the client sees the broken connection: both mean "send it again".
      expect([1, 14]).toContain((await first).code);
    });

    it('cuts a request whose bytes never end, and it reaches nobody', async () => {
      const { receiver, address, seen } = await keeping();
      const { session } = await openCall(address, frame(0, capture, capture.length + 1));
      const closed = new Promise((resolve) => session.on('close', resolve));
      const deadline = new AbortController();
      const stopped = receiver.stop(deadline.signal);
      deadline.abort();
      await Promise.all([stopped, closed]);
      expect(seen).toHaveLength(0);
    });

    it('does not wait for connections that ask for nothing', async () => {
      const { receiver, address } = await keeping();
      using sender = client(address);
      await sender.call(capture);
      const silent = connect(Number(address.split(':')[1]), '127.0.0.1').resume();
      await once(silent, 'connect');
      const closed = once(silent, 'close');
      await receiver.stop(never);
      await closed;
    });

    it('is fine twice, at once and afterwards; the sooner deadline holds for both', async () => {
      const held = await holding();
      using sender = client(held.receiver.address);
      const first = sender.call(capture);
      await held.entered;
      await Promise.all([held.receiver.stop(never), held.receiver.stop(now)]);
      await held.receiver.stop(never);
      await first;
    });

    it('gives the port back', async () => {
      const { receiver, address } = await keeping();
      await receiver.stop(never);
      expect((await start(async () => OK, address)).address).toBe(address);
    });
  });
});
