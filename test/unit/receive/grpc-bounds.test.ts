import { once } from 'node:events';
import { type ClientHttp2Session, constants } from 'node:http2';
import { createConnection } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/lib/time-format.ts';
import type { Verdict } from '../../../src/model/request.ts';
import type { Micros } from '../../../src/model/time.ts';
import { startGrpc } from '../../../src/receive/grpc/grpc.ts';
import { RequestMemory } from '../../../src/receive/request-memory.ts';
import { TEN } from '../../support/events.ts';
import { runs } from '../../support/property.ts';
import { type Answer, client, frame, openCall, rawCall, readStatus } from './client.ts';
import { startGrpcJs } from './grpc-js-server.ts';
import { atEnd, connected, HEADERS, LIMIT, OK, start } from './started.ts';

const KIB = 1024;

/** One call in pieces of our choosing, each a DATA frame of its own; its grpc-status. */
async function inPieces(session: ClientHttp2Session, pieces: readonly Uint8Array[]): Promise<number> {
  const stream = session.request(HEADERS).resume();
  let code = -1;
  const keep = (headers: Record<string, unknown>) => {
    if (headers['grpc-status'] !== undefined) code = Number(headers['grpc-status']);
  };
  stream.on('response', keep).on('trailers', keep);
  for (const piece of pieces) await new Promise((sent) => stream.write(piece, sent));
  stream.end();
  await once(stream, 'close');
  return code;
}

/** Other bytes for each number, so that no message can pass for another. */
const numbered = (n: number, length: number) => Buffer.alloc(length, `message ${n};`);

describe('a message', () => {
  it('arrives whole however it is cut, many at a time, in buffers that are used again', async () => {
    const wrong: number[] = [];
    let seen = 0;
    const { address } = await start(async ({ bytes }) => {
      seen++;
      const n = Number(/message (\d+);/.exec(Buffer.from(bytes.subarray(0, 40)).toString())?.[1]);
      // Others come and go meanwhile: the bytes are ours until we have answered.
      await new Promise((resolve) => setImmediate(resolve));
      if (!numbered(n, bytes.length).equals(bytes)) wrong.push(n);
      return OK;
    });
    const session = await connected(address);
    let n = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(LIMIT), { maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 20, max: LIMIT }),
        fc.nat(6),
        async (cuts, length, first) => {
          const codes = await Promise.all(
            cuts.map((some) => {
              const framed = frame(0, numbered(n++, length));
              const at = [0, first, ...some, framed.length].sort((a, b) => a - b);
              return inPieces(
                session,
                at.slice(1).map((end, i) => framed.subarray(at[i], end)),
              );
            }),
          );
          expect(codes.every((code) => code === 0)).toBe(true);
        },
      ),
      runs(25),
    );
    expect(wrong).toEqual([]);
    expect(seen).toBe(n);
  });

  it('may come in frames of one byte, and be compressed to much less than it is', async () => {
    const lengths: number[] = [];
    const { address } = await start(
      async ({ bytes }) => {
        lengths.push(bytes.length);
        return OK;
      },
      { maxRequestBytes: 8 * KIB * KIB },
    );
    const session = await connected(address);
    expect(
      await inPieces(
        session,
        [...frame(0, numbered(1, 30))].map((byte) => Buffer.of(byte)),
      ),
    ).toBe(0);
    const large = frame(1, gzipSync(numbered(2, 6 * KIB * KIB)));
    expect(await rawCall(address, { 'grpc-encoding': 'gzip' }, large)).toMatchObject({ code: 0 });
    expect(lengths).toEqual([30, 6 * KIB * KIB]);
  });

  it.each([
    ['a first byte that is neither 0 nor 1', {}, frame(2, Buffer.of(1)), 13],
    ['a compressed message without an encoding', {}, frame(1, gzipSync(Buffer.of(1))), 13],
    ['gRPC-Web', { 'content-type': 'application/grpc-web+proto' }, frame(0, Buffer.of(1)), undefined],
  ])('is refused with %s', async (_name, headers, body, code) => {
    const { address } = await start(async () => OK);
    expect((await rawCall(address, headers, body)).code).toBe(code);
  });

  it('gets the code that the reference gives, whatever it is', async () => {
    const options = { maxRequestBytes: 100 };
    const [ours, reference] = await Promise.all([
      start(async () => OK, options),
      start(async () => OK, options, startGrpcJs),
    ]);
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.uint8Array({ maxLength: 120 }).map((bytes) => gzipSync(bytes)),
      fc.nat(200).map((length) => gzipSync(Buffer.alloc(length))),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('gzip', 'deflate', 'snappy', 'GZIP'),
        fc.nat(1),
        body,
        fc.option(fc.nat(150)),
        async (encoding, flag, bytes, missing) => {
          const sent = frame(flag, bytes, bytes.length + (missing ?? 0));
          const headers = { 'grpc-encoding': encoding };
          const [mine, theirs] = await Promise.all([
            rawCall(ours.address, headers, sent),
            rawCall(reference.address, headers, sent),
          ]);
          expect(mine.code).toBe(theirs.code);
        },
      ),
      runs(60),
    );
  });
});

describe('the bytes under way', () => {
  /** Waits in every handler until let go. */
  function gate() {
    const free = Promise.withResolvers<Verdict>();
    let inside = 0;
    const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
    return {
      handle: () => {
        inside++;
        for (const { count, resolve } of waiting) if (inside >= count) resolve();
        return free.promise;
      },
      entered: (count: number) =>
        new Promise<void>((resolve) => {
          if (inside >= count) resolve();
          else waiting.push({ count, resolve });
        }),
      letGo: () => free.resolve(OK),
    };
  }

  it('are bounded over all connections: more is UNAVAILABLE and may come again, and does when there is room', async () => {
    const { handle, entered, letGo } = gate();
    // While a message grows its old buffer is held too: half a message more.
    const { address, refused } = await start(handle, { memory: new RequestMemory(3.5 * LIMIT) });
    using one = client(address);
    using other = client(address);
    const first: Promise<Answer>[] = [];
    for (const [i, sender] of [one, one, other].entries()) {
      first.push(sender.call(numbered(i, LIMIT)));
      await entered(i + 1);
    }
    const { code, details } = await other.call(numbered(4, LIMIT));
    expect(code).toBe(14);
    expect(readStatus(details!)).toMatchObject({ code: 14, retryAfter: 1000 });
    expect(refused).toEqual(['grpc 14']);
    letGo();
    expect((await Promise.all(first)).map((answer) => answer.code)).toEqual([0, 0, 0]);
    expect((await other.call(numbered(4, LIMIT))).code).toBe(0);
  });

  it('count a message as it is when opened', async () => {
    const { handle, entered, letGo } = gate();
    const { address, refused } = await start(handle, { memory: new RequestMemory(2 * LIMIT) });
    using sender = client(address, { gzip: true });
    const calls = [sender.call(Buffer.alloc(LIMIT)), sender.call(Buffer.alloc(LIMIT - 4 * KIB))];
    await entered(2);
    expect((await sender.call(Buffer.alloc(LIMIT))).code).toBe(14);
    expect(refused).toEqual(['grpc 14']);
    letGo();
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual([0, 0]);
  });

  it('are given back however a call ends', async () => {
    let thrown = 0;
    const { address } = await start(
      async ({ headers }) => {
        if (!headers.has('x-throw')) return OK;
        thrown++;
        throw new Error('a bug');
      },
      { memory: new RequestMemory(1.5 * LIMIT) },
    );
    const gzip = { 'grpc-encoding': 'gzip' };
    const body = numbered(1, LIMIT);
    // Each holds a third of the budget or more, so three that are not given back leave no room for the last.
    for (let i = 0; i < 3; i++) {
      const left = await openCall(address, frame(0, body.subarray(1), LIMIT));
      left.session.destroy();
      const reset = await openCall(address, frame(0, body.subarray(1), LIMIT));
      reset.stream.close(constants.NGHTTP2_CANCEL);
      await new Promise((resolve) => reset.session.ping(resolve));
      reset.session.destroy();
      await rawCall(address, { 'x-throw': 'yes' }, frame(0, body));
      await rawCall(address, { 'grpc-timeout': '5m' }, frame(0, body.subarray(1), LIMIT));
      await rawCall(address, {}, Buffer.concat([frame(0, body), Buffer.of(1)]));
      await rawCall(
        address,
        gzip,
        frame(1, Buffer.concat([gzipSync(body).subarray(0, 20), body]).subarray(0, LIMIT)),
      );
      await rawCall(address, gzip, frame(1, gzipSync(Buffer.alloc(LIMIT + 1))));
      await rawCall(address, gzip, frame(1, gzipSync(Buffer.alloc(LIMIT - 4 * KIB))));
    }
    expect(thrown).toBe(3);
    expect((await rawCall(address, {}, frame(0, body))).code).toBe(0);
  });

  it('cannot be claimed: a length without its bytes takes no room from others', async () => {
    const { address } = await start(async () => OK, {
      maxRequestBytes: 4 * KIB * KIB,
      memory: new RequestMemory(8 * KIB * KIB),
    });
    const claims = await Promise.all(
      Array.from({ length: 50 }, () => openCall(address, frame(0, Buffer.alloc(1), 4 * KIB * KIB))),
    );
    expect((await rawCall(address, {}, frame(0, numbered(1, 4 * KIB * KIB)))).code).toBe(0);
    for (const { session } of claims) session.destroy();
  });
});

describe('a call', () => {
  it('that ends without its handler is heard of, by status', async () => {
    const { address, refused } = await start(async () => OK);
    const gzip = { 'grpc-encoding': 'gzip' };
    await rawCall(address, {}, frame(0, Buffer.of(1)));
    await rawCall(address, {}, frame(0, Buffer.alloc(1), LIMIT + 1));
    await rawCall(address, gzip, frame(1, gzipSync(Buffer.alloc(LIMIT + 1))));
    await rawCall(address, gzip, frame(1, Buffer.from('no gzip')));
    await rawCall(address, { 'grpc-encoding': 'snappy' }, frame(1, Buffer.from('snappy')));
    await rawCall(address, { ':path': '/none' }, frame(0, Buffer.of(1)));
    await rawCall(address, { 'content-type': 'application/json' }, Buffer.from('{}'));
    await rawCall(address, { ':method': 'PUT' }, frame(0, Buffer.of(1)));
    const http = ['http 415', 'http 405'];
    expect(refused).toEqual([...[8, 8, 13, 12, 12].map((code) => `grpc ${code}`), ...http]);
  });

  it('may be compressed with zstd, within the same limits, and every answer says so', async () => {
    const seen: Buffer[] = [];
    const { address } = await start(async ({ bytes }) => {
      seen.push(Buffer.from(bytes));
      return OK;
    });
    const zstd = { 'grpc-encoding': 'zstd' };
    const small = Buffer.from('a request');
    for (const [bytes, code] of [
      [zstdCompressSync(small), 0],
      [zstdCompressSync(Buffer.alloc(LIMIT + 1)), 8],
      [small, 13],
    ] as const)
      expect((await rawCall(address, zstd, frame(1, bytes))).code).toBe(code);
    expect(seen).toEqual([small]);
    const { stream } = await openCall(address, frame(0, small));
    stream.end();
    const [answer] = await once(stream, 'response');
    expect(answer).toMatchObject({ 'grpc-accept-encoding': 'identity,deflate,gzip,zstd' });
  });

  it('whose message does not come whole in time is UNAVAILABLE', async () => {
    const { address, refused } = await start(async () => OK, { maxMessageTime: millis(20) });
    const { session, stream } = await openCall(address, frame(0, Buffer.alloc(1), 10));
    const [answer] = await once(stream, 'response');
    expect(answer).toMatchObject({ 'grpc-status': '14' });
    expect(refused).toEqual(['grpc 14']);
    // And then its stream is closed, though its client never ends it.
    await once(stream, 'close');
    session.destroy();
  });
});

describe('a sender that gives up in the middle of a message', () => {
  let now = TEN as number;

  async function givesUp(after: number, headers: Record<string, string> = {}) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { address } = await start(
      async () => OK,
      { refused: resolve },
      undefined,
      () => now as Micros,
    );
    const { session, stream } = await openCall(address, frame(0, Buffer.alloc(1), 10), headers);
    now += after * 1_000_000;
    stream.close(constants.NGHTTP2_CANCEL);
    const as = await promise;
    session.destroy();
    return as;
  }

  it('has cancelled the call, and has not sent half of one', async () => {
    expect(await givesUp(1)).toBe('cancelled');
    expect(await givesUp(1, { 'grpc-timeout': '60S' })).toBe('cancelled');
  });

  it('has done so because of its deadline if that is near', async () => {
    expect(await givesUp(59, { 'grpc-timeout': '60S' })).toBe('deadline');
  });

  it('before it begins, by giving no time at all, is refused at once', async () => {
    const { address, refused } = await start(async () => OK);
    for (const timeout of ['0m', '0n', '0H']) {
      const headers = { 'grpc-timeout': timeout };
      expect((await rawCall(address, headers, frame(0, Buffer.alloc(1), 10))).code).toBe(4);
    }
    expect((await rawCall(address, { 'grpc-timeout': '0S' }, frame(0, Buffer.of(1)))).code).toBe(4);
    expect(refused).toEqual(Array.from({ length: 4 }, () => 'deadline'));
  });
});

describe('a call', () => {
  it.each([
    ['as it is', 0, (bytes: Buffer) => bytes],
    ['compressed', 1, gzipSync],
  ])(
    'arrives when its message is whole, %s, in the turn in which its handler hears of it',
    async (_, flag, packed) => {
      let now = TEN as number;
      let turns = 0;
      const seen = Promise.withResolvers<object>();
      const receiver = await startGrpc(
        { endpoint: '127.0.0.1:0', maxRequestBytes: 4 * LIMIT },
        async ({ arrived, deadline }) => {
          seen.resolve({ arrived, deadline, turns });
          return OK;
        },
        () => {
          turns = 0;
          queueMicrotask(() => turns++);
          return now as Micros;
        },
      );
      atEnd(() => receiver.stop(AbortSignal.abort()));
      const bytes = frame(flag, packed(Buffer.alloc(2 * LIMIT, 'abc')));
      const { session, stream } = await openCall(receiver.address, bytes.subarray(0, 9), {
        'grpc-encoding': 'gzip',
        'grpc-timeout': '5S',
      });
      now += 2_000_000;
      stream.end(bytes.subarray(9));
      expect(await seen.promise).toEqual({ arrived: now, deadline: TEN + 5_000_000, turns: 0 });
      session.destroy();
    },
  );

  it('that has not come whole some time after the receiver stops is UNAVAILABLE and may come again, and holds nothing up', async () => {
    const { receiver, address, refused } = await start(async () => OK, { lastMessagesTime: millis(20) });
    const { session, stream } = await openCall(address, frame(0, Buffer.alloc(10), 100));
    const answered = once(stream, 'response');
    await receiver.stop(new AbortController().signal);
    const [headers] = await answered;
    expect(headers['grpc-status']).toBe('14');
    const details = Buffer.from(String(headers['grpc-status-details-bin']), 'base64');
    expect(readStatus(details).retryAfter).toBe(1000);
    expect(refused).toEqual(['grpc 14']);
    session.destroy();
  });

  it('on a connection that is none of HTTP/2 is heard of', async () => {
    const broken = Promise.withResolvers<string>();
    const { address } = await start(async () => OK, { broken: broken.resolve });
    const [host, port] = address.split(':');
    const socket = createConnection(Number(port), host).on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n\r\nand much more than a preface');
    expect(await broken.promise).toMatch(/does not speak HTTP\/2 in plain text/);
    socket.destroy();
  });
});

describe('a connection', () => {
  it('is told its windows and how many calls it may have', async () => {
    const { address } = await start(async () => OK);
    const session = await connected(address);
    await new Promise((resolve) => session.ping(resolve));
    expect(session.remoteSettings).toMatchObject({
      initialWindowSize: KIB * KIB,
      maxConcurrentStreams: 100,
    });
    expect(session.state.remoteWindowSize).toBe(KIB * KIB);
  });

  it('gets every status of messages that are refused half way, and has its window back', async () => {
    const { address } = await start(async () => OK);
    const session = await connected(address);
    const large = frame(0, Buffer.alloc(4 * KIB * KIB));
    for (let i = 0; i < 6; i++) {
      const stream = session.request(HEADERS).on('error', () => {});
      stream.resume().end(large);
      const [answer] = await once(stream, 'response');
      expect(answer).toMatchObject({ 'grpc-status': '8' });
    }
    expect(await inPieces(session, [frame(0, numbered(1, LIMIT))])).toBe(0);
  });

  it('is cut after its grace', async () => {
    const { address } = await start(() => new Promise(() => {}), {
      times: { maxConnectionAge: millis(20), maxConnectionAgeGrace: millis(20) },
    });
    const session = await connected(address);
    const closed = once(session, 'close');
    const stream = session.request(HEADERS).on('error', () => {});
    stream.end(frame(0, Buffer.of(1)));
    await closed;
  });

  it('is told to go when the receiver stops', async () => {
    const { address, receiver } = await start(async () => OK);
    const session = await connected(address);
    const goaway = once(session, 'goaway');
    await receiver.stop(new AbortController().signal);
    expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR);
  });

  it('may ping, and a flood of resets or headers ends it at most: others are served', async () => {
    const { address } = await start(async () => OK);
    const pinged = await connected(address);
    await new Promise<void>((resolve, reject) => pinged.ping((error) => (error ? reject(error) : resolve())));

    const resets = await connected(address);
    for (let i = 0; i < 3000 && !resets.closed && !resets.destroyed; i++) {
      const stream = resets
        .request(i % 2 ? HEADERS : { ...HEADERS, 'content-type': 'text/html' })
        .on('error', () => {});
      stream.close(constants.NGHTTP2_CANCEL);
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    const wide = await connected(address);
    const stream = wide.request({ ...HEADERS, 'x-wide': 'x'.repeat(100_000) }).on('error', () => {});
    await new Promise((resolve) => stream.on('close', resolve));

    const many = await connected(address);
    const names = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, 'x']));
    const rich = many.request({ ...HEADERS, ...names }).on('error', () => {});
    await new Promise((resolve) => rich.on('close', resolve));

    using sender = client(address);
    expect((await sender.call(Buffer.of(1))).code).toBe(0);
  });
});
