import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { millis } from '../../../src/lib/time-format.ts';
import type { Verdict } from '../../../src/model/request.ts';
import { takeCall } from '../../../src/receive/grpc/grpc-call.ts';
import { HeldBytes } from '../../../src/receive/held-bytes.ts';
import type { Opened } from '../../../src/receive/inflate.ts';
import { SenderBytes } from '../../../src/receive/sender.ts';
import { TEN } from '../../support/events.ts';
import { EXPORT, frame } from './client.ts';

const BUDGET = 2 ** 20;
const HEADERS = {
  ':method': 'POST',
  ':path': EXPORT,
  'content-type': 'application/grpc',
  'grpc-encoding': 'gzip',
  te: 'trailers',
};

let ends: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** A server whose inflater waits for the test, and one call to it whose compressed message has come whole. */
async function inflating(headers: Record<string, string> = {}) {
  const held = new HeldBytes(BUDGET);
  const inflated = Promise.withResolvers<Opened>();
  const begun = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const peer = { name: 'test', held: new SenderBytes(held, BUDGET) };
  const works: Promise<unknown>[] = [];
  const refused: string[] = [];
  let handled = 0;
  const context = {
    path: EXPORT,
    maxRequestBytes: BUDGET,
    maxMessageTime: millis(60_000),
    bindingOf: () => ({ cluster: undefined }),
    memory: {
      bound: () => peer,
      open() {
        begun.resolve();
        return inflated.promise;
      },
    },
    async handle(): Promise<Verdict> {
      handled++;
      return { kind: 'accepted', rejected: 0 };
    },
    clock: () => TEN,
    underWay: (work: Promise<unknown>) => works.push(work),
    refused: (as: string) => refused.push(as),
    unread: () => {},
  };
  const server = createServer().on('stream', (stream, sent) => {
    takeCall(stream, sent, context, { peer, add() {}, delete() {}, beforeAnswer: () => undefined });
    // After the call's own listener.
    stream.once('close', closed.resolve);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close());
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).on('error', () => {});
  ends.push(() => session.destroy());
  const stream = session.request({ ...HEADERS, ...headers }).on('error', () => {});
  stream.end(frame(1, Buffer.alloc(2000, 'compressed')));
  await begun.promise;
  return {
    session,
    stream,
    held,
    closed: closed.promise,
    /** The inflater answers; gives what came of the call when all its work is done. */
    async finish(opened: Opened) {
      inflated.resolve(opened);
      await Promise.all(works);
      return { handled, refused, held: held.held };
    },
  };
}

type Leave = (stream: ClientHttp2Stream, session: ClientHttp2Session) => void;
const LEAVES: [string, Leave][] = [
  ['its client cancels it', (stream) => stream.close(constants.NGHTTP2_CANCEL)],
  ['its client resets it', (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
  ['its connection is closed', (_, session) => session.destroy()],
];

describe.each(LEAVES)('a call whose message is being inflated when %s', (_, leave) => {
  it.each<[string, Opened]>([
    ['opens', Buffer.alloc(5000)],
    ['opens to more than there is room for', Buffer.alloc(BUDGET)],
    ['is broken', 'broken'],
    ['is too large', 'too large'],
  ])('is not handled and not counted, and its bytes are given back, if the message %s', async (_, opened) => {
    const call = await inflating();
    leave(call.stream, call.session);
    await call.closed;
    // The inflater still reads the message: its buffer must not become another call's.
    expect(call.held.held).toBe(2000);
    expect(await call.finish(opened)).toEqual({ handled: 0, refused: [], held: 0 });
  });
});

describe('a call whose message is being inflated', () => {
  it('is handled when it has waited', async () => {
    const call = await inflating();
    expect(await call.finish(Buffer.alloc(5000))).toEqual({ handled: 1, refused: [], held: 0 });
  });

  it('is answered and counted once, and not handled, if its deadline passes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const call = await inflating({ 'grpc-timeout': '5S' });
    const answered = once(call.stream, 'response');
    vi.advanceTimersByTime(5000);
    const [answer] = await answered;
    expect(answer['grpc-status']).toBe('4');
    expect(await call.finish(Buffer.alloc(5000))).toEqual({ handled: 0, refused: ['deadline'], held: 0 });
  });
});
