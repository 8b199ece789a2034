import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { millis, seconds } from '../../../src/lib/time-format.ts';
import type { Verdict } from '../../../src/model/request.ts';
import { authority } from '../../support/authority.ts';
import { client, frame } from './client.ts';
import { ByHand, FRAME, type Frame, goaway } from './http2-by-hand.ts';
import { atEnd, connected, HEADERS, LIMIT, OK, start } from './started.ts';

const MESSAGE = frame(0, Buffer.of(1));
const never = new AbortController().signal;

afterEach(() => {
  vi.useRealTimers();
});

const fakeTimers = () =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });

/** Sends the whole message; resolves with the headers in which the status stands. */
async function answered(session: ClientHttp2Session, bytes: Uint8Array): Promise<string | undefined> {
  const stream = session.request(HEADERS).resume();
  let status: string | undefined;
  const keep = (headers: Record<string, unknown>) => {
    status = (headers['grpc-status'] as string | undefined) ?? status;
  };
  stream.on('response', keep).on('trailers', keep).end(bytes);
  await once(stream, 'close');
  return status;
}

/** A whole call on another connection: what happened before it has been noticed by then. */
async function elsewhere(address: string): Promise<void> {
  using sender = client(address);
  expect((await sender.call(Buffer.of(1))).code).toBe(0);
}

describe('a connection that is asked to go', () => {
  const times = { maxConnectionAge: seconds(10), keepaliveTime: seconds(0) };
  const isFirst = (one: Frame) => goaway(one).last === 2 ** 31 - 1;

  it('is asked in two steps, and a call that crosses the first is served', async () => {
    fakeTimers();
    const { address } = await start(async () => OK, { times });
    const peer = await ByHand.open(address);
    vi.advanceTimersByTime(11_000);
    peer.pong(await peer.next(FRAME.ping));
    expect(goaway(await peer.next(FRAME.goaway))).toEqual({ last: 2 ** 31 - 1, code: 0 });
    const ping = await peer.next(FRAME.ping);
    peer.request(1, HEADERS, MESSAGE);
    peer.pong(ping);
    expect(goaway(await peer.next(FRAME.goaway))).toEqual({ last: 1, code: 0 });
    expect(await peer.next(FRAME.data)).toMatchObject({ stream: 1, body: frame(0, Buffer.alloc(0)) });
    await once(peer.socket, 'close');
  });

  it('is asked before an answer, when a round trip has shown that it has begun nothing else', async () => {
    fakeTimers();
    const free = Promise.withResolvers<Verdict>();
    const entered = Promise.withResolvers<void>();
    let calls = 0;
    const handle = () => {
      if (++calls < 3) return Promise.resolve(OK);
      entered.resolve();
      return free.promise;
    };
    const { address } = await start(handle, { times });
    const peer = await ByHand.open(address);
    peer.request(1, HEADERS);
    peer.write(FRAME.data, 0, 1, MESSAGE.subarray(0, 2));
    await peer.seen();
    vi.advanceTimersByTime(11_000);
    peer.write(FRAME.data, 1, 1, MESSAGE.subarray(2));
    // The answer waits for this ping; meanwhile another call begins.
    const first = await peer.next(FRAME.ping);
    peer.request(3, HEADERS);
    peer.pong(first);
    expect(await peer.next(FRAME.data)).toMatchObject({ stream: 1 });
    peer.request(5, HEADERS, MESSAGE);
    expect(await peer.next(FRAME.data)).toMatchObject({ stream: 5 });
    expect(peer.frames.filter(({ type }) => type === FRAME.goaway)).toEqual([]);
    peer.write(FRAME.data, 1, 3, MESSAGE);
    await entered.promise;
    free.resolve(OK);
    peer.pong(await peer.next(FRAME.ping));
    await peer.next(FRAME.goaway, isFirst);
    expect(peer.frames.filter(({ type, stream }) => type === FRAME.data && stream === 3)).toEqual([]);
    expect(await peer.next(FRAME.data)).toMatchObject({ stream: 3 });
  });

  it('is asked after a while though it never rests, and gets the second step though it answers no ping', async () => {
    fakeTimers();
    const { address } = await start(async () => OK, { times });
    const peer = await ByHand.open(address);
    peer.request(1, HEADERS);
    peer.write(FRAME.data, 0, 1, MESSAGE.subarray(0, 2));
    await peer.seen();
    vi.advanceTimersByTime(11_000);
    vi.advanceTimersByTime(15_000);
    await peer.next(FRAME.goaway, isFirst);
    await peer.next(FRAME.ping);
    vi.advanceTimersByTime(1000);
    expect(goaway(await peer.next(FRAME.goaway))).toEqual({ last: 1, code: 0 });
    const closed = once(peer.socket, 'close');
    vi.advanceTimersByTime(60_000);
    await closed;
  });

  it('has what its handler still works at answered first', async () => {
    fakeTimers();
    const free = Promise.withResolvers<Verdict>();
    const entered = Promise.withResolvers<void>();
    const { address } = await start(
      () => {
        entered.resolve();
        return free.promise;
      },
      { times },
    );
    const session = await connected(address);
    const [told, closed] = [once(session, 'goaway'), once(session, 'close')];
    const call = answered(session, MESSAGE);
    await entered.promise;
    vi.advanceTimersByTime(11_000);
    vi.advanceTimersByTime(15_000);
    expect((await told)[0]).toBe(constants.NGHTTP2_NO_ERROR);
    free.resolve(OK);
    expect(await call).toBe('0');
    await closed;
  });

  it('has a large message that it is sending served in full', async () => {
    const lengths: number[] = [];
    const { address, receiver } = await start(async ({ bytes }) => {
      lengths.push(bytes.length);
      return OK;
    });
    const session = await connected(address);
    const stream = session.request(HEADERS).resume();
    const [large, rest] = [frame(0, Buffer.alloc(LIMIT)), LIMIT / 2];
    await new Promise((sent) => stream.write(large.subarray(0, rest), sent));
    await new Promise((seen) => session.ping(seen));
    const told = once(session, 'goaway');
    const stopped = receiver.stop(never);
    await told;
    expect(session.closed).toBe(true);
    stream.end(large.subarray(rest));
    const [trailers] = await once(stream, 'trailers');
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
    await stopped;
    expect(lengths).toEqual([LIMIT]);
  });

  it.each([
    ['in plain text', undefined],
    ['over TLS', authority('ours')],
  ])('fails no call of grpc-js %s, though all of its connections live for milliseconds', async (_, ours) => {
    const keys = ours && { ...ours.issue('localhost'), minVersion: '1.2' as const };
    let handled = 0;
    const { address, refused, broken } = await start(
      async () => {
        handled++;
        return OK;
      },
      { times: { maxConnectionAge: millis(5) }, ...(keys && { tls: () => keys }) },
    );
    const secure = ours && { secure: credentials.createSsl(Buffer.from(ours.ca)) };
    // By name, as a certificate has it.
    const endpoint = address.replace('127.0.0.1', 'localhost');
    const senders = Array.from({ length: 4 }, () => client(endpoint, secure));
    const codes = await Promise.all(
      senders.map(async (sender) => {
        const seen: number[] = [];
        for (let i = 0; i < 5; i++) {
          const calls = [10, LIMIT, 10, LIMIT / 2].map((length) => sender.call(Buffer.alloc(length)));
          for (const { code } of await Promise.all(calls)) seen.push(code);
        }
        return seen;
      }),
    );
    for (const sender of senders) sender[Symbol.dispose]();
    expect(new Set(codes.flat())).toEqual(new Set([0]));
    // No call was sent twice either.
    expect(handled).toBe(codes.flat().length);
    expect([...refused, ...broken]).toEqual([]);
  });

  it('goes after its idle time, but not with a call open', async () => {
    fakeTimers();
    const free = Promise.withResolvers<Verdict>();
    const entered = Promise.withResolvers<void>();
    const { address } = await start(
      () => {
        entered.resolve();
        return free.promise;
      },
      { times: { maxConnectionIdle: seconds(10), keepaliveTime: seconds(0) } },
    );
    const session = await connected(address);
    const call = answered(session, MESSAGE);
    await entered.promise;
    vi.advanceTimersByTime(25_000);
    free.resolve(OK);
    expect(await call).toBe('0');
    // The server has noticed the end of the call, and has not asked us to go.
    await new Promise<void>((resolve, reject) =>
      session.ping((error) => (error ? reject(error) : resolve())),
    );
    expect(session.closed).toBe(false);
    const closed = once(session, 'close');
    vi.advanceTimersByTime(10_000);
    await closed;
  });
});

describe('a connection that its client ends', () => {
  const ways: [string, (session: ClientHttp2Session, socket: Socket) => unknown][] = [
    ['closes', (session) => session.close()],
    ['destroys', (session) => session.destroy()],
    ['resets', (_, socket) => socket.resetAndDestroy()],
  ];
  it.each(ways)('between calls is no error: %s', async (_, leave) => {
    const { address, broken, refused } = await start(async () => OK);
    const [host, port] = address.split(':');
    const socket = connectTcp(Number(port), host);
    const session = connect(`http://${address}`, { createConnection: () => socket }).on('error', () => {});
    await once(session, 'remoteSettings');
    expect(await answered(session, MESSAGE)).toBe('0');
    leave(session, socket);
    await elsewhere(address);
    expect([...broken, ...refused]).toEqual([]);
  });

  it.each([
    ['closes', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('without a byte, as a probe does, is no error: %s', async (_, leave) => {
    const { address, broken } = await start(async () => OK);
    const { socket } = await ByHand.open(address, { greet: false });
    leave(socket);
    await elsewhere(address);
    expect(broken).toEqual([]);
  });

  it('by a GOAWAY that names its own last stream, as the collector sends it, is no error', async () => {
    const { address, broken } = await start(async () => OK);
    const collector = await ByHand.open(address);
    collector.request(1, HEADERS, MESSAGE);
    await collector.next(FRAME.headers, ({ flags }) => (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0);
    collector.write(FRAME.goaway, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
    await once(collector.socket, 'close');
    await elsewhere(address);
    expect(broken).toEqual([]);
  });

  it('by a frame that HTTP/2 forbids before any call is an error that says so', async () => {
    const broken = Promise.withResolvers<string>();
    const { address } = await start(async () => OK, { broken: broken.resolve });
    const client = await ByHand.open(address);
    client.write(FRAME.data, 0, 0, Buffer.of(1));
    expect(await broken.promise).toBe('Protocol error (ERR_HTTP2_ERROR)');
  });

  it('by a reset in the middle of a call is an error, and the call is its own', async () => {
    const broken = Promise.withResolvers<string>();
    const { address, refused } = await start(async () => OK, { broken: broken.resolve });
    const [host, port] = address.split(':');
    const socket = connectTcp(Number(port), host);
    const session = connect(`http://${address}`, { createConnection: () => socket }).on('error', () => {});
    const stream = session.request(HEADERS).on('error', () => {});
    await new Promise((sent) => stream.write(frame(0, Buffer.of(1), 10), sent));
    await new Promise((seen) => session.ping(seen));
    socket.resetAndDestroy();
    expect(await broken.promise).toBe('the client left in the middle of a call (ECONNRESET)');
    expect(refused).toEqual(['cancelled']);
  });

  it('is reported in words where its client breaks the protocol', async () => {
    const broken = Promise.withResolvers<string>();
    const { address } = await start(async () => OK, { broken: broken.resolve });
    const peer = await ByHand.open(address);
    peer.write(FRAME.data, 0, 0, Buffer.of(0));
    expect(await broken.promise).toBe('Protocol error (ERR_HTTP2_ERROR)');
  });
});

describe('a connection over the limit', () => {
  it('hears so, and is heard of; when another has gone there is room', async () => {
    const { address, broken } = await start(async () => OK, { maxConnections: 2 });
    const [first] = [await connected(address), await connected(address)];
    const third = connect(`http://${address}`).on('error', () => {});
    const why = 'there are already 2 connections, which is the limit (max_connections)';
    const [code, , text] = await once(third, 'goaway');
    expect([code, String(text)]).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM, why]);
    expect(broken).toEqual([why]);
    first.destroy();
    using sender = client(address);
    let served = false;
    while (!served) served = (await sender.call(Buffer.of(1))).code === 0;
  });

  it('is closed though it reads nothing, and has no part in a flood of its kind', async () => {
    fakeTimers();
    const { address } = await start(async () => OK, { maxConnections: 1 });
    await connected(address);
    const peer = await ByHand.open(address, { greet: false });
    await peer.next(FRAME.goaway);
    const closed = once(peer.socket, 'close');
    vi.advanceTimersByTime(1000);
    await closed;
  });
});

describe('a client that has vanished', () => {
  it('before it began HTTP/2 is closed', async () => {
    fakeTimers();
    const { address, broken } = await start(async () => OK);
    const { socket } = await ByHand.open(address, { greet: false });
    const closed = once(socket, 'close');
    vi.advanceTimersByTime(10_000);
    await closed;
    expect(broken).toEqual(['the client sent no HTTP/2 greeting within 10000 ms']);
  });

  const times = { keepaliveTime: seconds(30), keepaliveTimeout: seconds(5) };

  it('is pinged, and closed when it does not answer', async () => {
    fakeTimers();
    const { address, broken } = await start(async () => OK, { times });
    const peer = await ByHand.open(address);
    const closed = once(peer.socket, 'close');
    vi.advanceTimersByTime(60_000);
    await peer.next(FRAME.ping);
    vi.advanceTimersByTime(5000);
    await closed;
    expect(broken).toEqual(['the client did not answer a ping within 5000 ms']);
  });

  it('is not one that answers, nor one that sends', async () => {
    fakeTimers();
    const { address, broken } = await start(async () => OK, { times });
    const peer = await ByHand.open(address);
    vi.advanceTimersByTime(60_000);
    peer.pong(await peer.next(FRAME.ping));
    await peer.seen();
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(30_000);
      await peer.seen();
    }
    expect(peer.frames.filter(({ type }) => type === FRAME.ping)).toEqual([]);
    expect(broken).toEqual([]);
  });
});

describe('open calls', () => {
  /** Connections with a hundred open calls each, whose messages never end. */
  async function open(address: string, connections: number): Promise<ClientHttp2Session[]> {
    const sessions = await Promise.all(Array.from({ length: connections }, () => connected(address)));
    for (const session of sessions)
      for (let i = 0; i < 100; i++)
        session
          .request(HEADERS)
          .on('error', () => {})
          .write(frame(0, Buffer.of(1), 10));
    await Promise.all(sessions.map((session) => new Promise((seen) => session.ping(seen))));
    return sessions;
  }

  it('share nothing that each of them would walk', async () => {
    const { address } = await start(async () => OK);
    const listening = vi.spyOn(EventTarget.prototype, 'addEventListener');
    atEnd(() => listening.mockRestore());
    await open(address, 1);
    expect(listening.mock.calls.filter(([event]) => event === 'abort')).toEqual([]);
  });

  it('are all refused at a stop', async () => {
    const { address, receiver, refused } = await start(async () => OK, { lastMessagesTime: millis(1) });
    await open(address, 4);
    await receiver.stop(never);
    expect(refused).toEqual(Array.from({ length: 400 }, () => 'grpc 14'));
  });

  it('do not hold up a stop whose deadline passes while they are refused', async () => {
    const deadline = new AbortController();
    const seen: string[] = [];
    const { address, receiver } = await start(async () => OK, {
      lastMessagesTime: millis(1),
      refused(as) {
        seen.push(as);
        setImmediate(() => deadline.abort());
      },
    });
    await open(address, 4);
    await receiver.stop(deadline.signal);
    // One turn's worth, and not all.
    expect(seen.filter((as) => as === 'grpc 14')).toHaveLength(200);
  });
});

describe('an answer that its sender does not read', () => {
  it('is given up after a time, and counted; the connection has as many as it may have calls', async () => {
    fakeTimers();
    let unread = 0;
    const { address } = await start(async () => OK, { unread: () => unread++, maxConcurrentStreams: 3 });
    const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } });
    atEnd(() => session.destroy());
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxConcurrentStreams).toBe(3);
    const streams = Array.from({ length: 3 }, () => session.request(HEADERS).resume());
    const begun = streams.map((stream) => once(stream, 'response'));
    const closed = streams.map((stream) => once(stream, 'close'));
    for (const stream of streams) stream.end(MESSAGE);
    await Promise.all(begun);
    vi.advanceTimersByTime(60_000);
    await Promise.all(closed);
    expect(streams.map(({ rstCode }) => rstCode)).toEqual([8, 8, 8]);
    expect(unread).toBe(3);
  });
});
