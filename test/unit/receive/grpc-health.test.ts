import { once } from 'node:events';
import { connect } from 'node:http2';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, type ClientReadableStream, credentials, type ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../../../src/gen/grpc/health/v1/health_pb.ts';
import { millis } from '../../../src/lib/time-format.ts';
import type { Readiness } from '../../../src/model/readiness.ts';
import { type GrpcOptions, startGrpc } from '../../../src/receive/grpc/grpc.ts';
import { TEN } from '../../support/events.ts';
import { client, frame, rawCall } from './client.ts';

const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
const LOGS = 'opentelemetry.proto.collector.logs.v1.LogsService';
const never = new AbortController().signal;

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

class Switch implements Readiness {
  readonly listeners = new Set<() => void>();
  #ready = true;

  now() {
    return { ready: this.#ready, reasons: [] };
  }

  changed(listener: () => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  turn(ready: boolean) {
    this.#ready = ready;
    for (const listener of this.listeners) listener();
  }
}

async function start(options: Partial<GrpcOptions> = {}) {
  const readiness = new Switch();
  const receiver = await startGrpc(
    { endpoint: '127.0.0.1:0', maxRequestBytes: 1024, readiness, tokens: () => [], ...options },
    async () => ({ kind: 'accepted', rejected: 0 }),
    () => TEN,
  );
  ends.push(() => receiver.stop(AbortSignal.abort()));
  return { readiness, receiver, address: receiver.address };
}

const requestFor = (service: string) =>
  Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })));
const statusIn = (bytes: Uint8Array) => fromBinary(HealthCheckResponseSchema, bytes).status;

async function check(address: string, service = ''): Promise<Status | `code ${number}`> {
  using sender = client(address);
  const { code, body } = await sender.call(requestFor(service), { path: CHECK });
  return code === 0 ? statusIn(body!) : `code ${code}`;
}

/** Watches a service; `next` is its next status, or the code with which the call ended. */
function watch(address: string, service = '') {
  const channel = new Client(address, credentials.createInsecure());
  ends.push(() => channel.close());
  const stream: ClientReadableStream<Status> = channel.makeServerStreamRequest(
    WATCH,
    (bytes: Buffer) => bytes,
    statusIn,
    requestFor(service),
  );
  const heard: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  const hear = (what: unknown) => {
    const next = waiting.shift();
    if (next) next(what);
    else heard.push(what);
  };
  stream.on('data', hear);
  stream.on('end', () => {});
  stream.on('error', ({ code }: ServiceError) => hear(`code ${code}`));
  stream.on('status', ({ code }) => code === 0 && hear('code 0'));
  return {
    next: () => (heard.length > 0 ? heard.shift() : new Promise((resolve) => waiting.push(resolve))),
    cancel: () => stream.cancel(),
  };
}

describe('Check', () => {
  test('says whether the server, and its service, is ready; it needs no token', async () => {
    const { address, readiness } = await start();
    for (const service of ['', LOGS]) expect(await check(address, service)).toBe(Status.SERVING);
    readiness.turn(false);
    for (const service of ['', LOGS]) expect(await check(address, service)).toBe(Status.NOT_SERVING);
    using sender = client(address);
    expect((await sender.call(requestFor(''))).code).toBe(16);
  });

  test('does not know another service', async () => {
    const { address } = await start();
    expect(await check(address, 'other')).toBe('code 5');
  });

  test.each<[string, Uint8Array, number]>([
    ['is no request', frame(0, Buffer.from('\xff\xff')), 13],
    ['is large', frame(0, Buffer.alloc(1025)), 8],
    ['is compressed', frame(1, Buffer.alloc(10)), 12],
    ['ends too early', Buffer.alloc(3), 12],
    ['has more than one message', Buffer.concat([frame(0, Buffer.alloc(0)), frame(0, requestFor(LOGS))]), 12],
  ])('refuses a message that %s', async (_, bytes, code) => {
    const { address } = await start();
    expect(await rawCall(address, { ':path': CHECK }, bytes)).toMatchObject({ code });
  });

  test.each([CHECK, WATCH])('a call of %s whose message does not come is closed', async (path) => {
    const { address } = await start({ maxMessageTime: millis(50) });
    const session = connect(`http://${address}`);
    ends.push(() => session.destroy());
    const stream = session.request({
      ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    });
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('close', resolve));
  });

  test('is not there without something to ask', async () => {
    const receiver = await startGrpc(
      { endpoint: '127.0.0.1:0', maxRequestBytes: 1024 },
      async () => ({ kind: 'accepted', rejected: 0 }),
      () => TEN,
    );
    ends.push(() => receiver.stop(AbortSignal.abort()));
    expect(await check(receiver.address)).toBe('code 12');
  });
});

describe('Watch', () => {
  test('says the status at once, and each change of it', async () => {
    const { address, readiness } = await start();
    const [all, logs] = [watch(address), watch(address, LOGS)];
    expect([await all.next(), await logs.next()]).toEqual([Status.SERVING, Status.SERVING]);
    readiness.turn(true);
    readiness.turn(false);
    expect([await all.next(), await logs.next()]).toEqual([Status.NOT_SERVING, Status.NOT_SERVING]);
    readiness.turn(true);
    expect([await all.next(), await logs.next()]).toEqual([Status.SERVING, Status.SERVING]);
  });

  test('waits for a service that is not there', async () => {
    const { address, readiness } = await start();
    const other = watch(address, 'other');
    expect(await other.next()).toBe(Status.SERVICE_UNKNOWN);
    readiness.turn(false);
    other.cancel();
    expect(await other.next()).toBe('code 1');
  });

  test('says at a stop that it serves no more, and ends before its deadline', async () => {
    const { address, receiver, readiness } = await start();
    const watching = watch(address);
    expect(await watching.next()).toBe(Status.SERVING);
    const stopped = receiver.stop(never);
    expect(await watching.next()).toBe(Status.NOT_SERVING);
    expect(await watching.next()).toBe('code 0');
    await stopped;
    expect(readiness.listeners.size).toBe(0);
  });

  test('has a bound on how many watch, and room again when one has gone', async () => {
    const { address } = await start({ maxConcurrentStreams: 200 });
    const session = connect(`http://${address}`);
    ends.push(() => session.destroy());
    const open = () => {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': WATCH, 'content-type': 'application/grpc', te: 'trailers' },
      });
      stream.resume().end(frame(0, requestFor('')));
      return stream;
    };
    const headers = async (stream: ReturnType<typeof open>) => (await once(stream, 'response'))[0];
    const streams = Array.from({ length: 100 }, open);
    for (const each of await Promise.all(streams.map(headers))) expect(each['grpc-status']).toBeUndefined();
    expect(await headers(open())).toMatchObject({ 'grpc-status': '8' });
    streams[0]!.close();
    await once(streams[0]!, 'close');
    await new Promise((resolve) => session.ping(resolve));
    expect((await headers(open()))['grpc-status']).toBeUndefined();
  });
});
