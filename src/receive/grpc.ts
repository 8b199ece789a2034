import { setMaxListeners } from 'node:events';
import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogsService } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis, seconds } from '../lib/time-format.ts';
import type { Handle, Receiver } from '../model/request.ts';
import type { Clock, Ms } from '../model/time.ts';
import { type RefusedAs, takeCall } from './grpc-call.ts';
import { HeldBytes } from './held-bytes.ts';
import { inflater } from './inflate.ts';
import { listen } from './listen.ts';

export interface GrpcOptions {
  /** host:port; the host may be localhost, a name, an IPv4 address or an IPv6 address in brackets. */
  readonly endpoint: string;
  /** The largest message, as sent and as decompressed. A larger one is refused for good (RESOURCE_EXHAUSTED). */
  readonly maxRequestBytes: number;
  /**
   * What the requests under way may take up together, over all connections: buffers of messages that are still coming,
   * and messages whose handler has not settled. One that goes beyond it is answered UNAVAILABLE with RetryInfo.
   * Default: 256 MiB, or four times maxRequestBytes where that is more.
   */
  readonly maxHeldBytes?: number;
  /** For a message to come whole; then its call is answered UNAVAILABLE. Default: a minute. */
  readonly maxMessageTime?: Ms;
  /**
   * A collector keeps its connection for as long as it lives, so replicas that start later would get nothing. At this
   * age (and up to a tenth more or less) it is told to connect anew (GOAWAY: requests under way are answered first).
   * This also ends the connections of peers that vanished. Default: 5 minutes.
   */
  readonly maxConnectionAge?: Ms;
  /** After this a request of an aged connection is cut, and its sender repeats it. Default: a minute. */
  readonly maxConnectionAgeGrace?: Ms;
  /** Connections at once; a further one is closed. Default: 1,000, as a collector on each node of a large cluster needs. */
  readonly maxConnections?: number;
  /** Hears of each call that was answered without its handler (too large, broken, no room). */
  readonly refused?: (status: RefusedAs, why: string) => void;
  /** Hears of each connection that ended in an error; `why` is for people. */
  readonly broken?: (why: string) => void;
}

const PATH = `/${LogsService.typeName}/${LogsService.method.export.name}`;

const HELD_BYTES = 256 * 2 ** 20;
const MESSAGE_TIME = seconds(60);
const CONNECTION_AGE = seconds(300);
const CONNECTION_AGE_GRACE = seconds(60);

/** An idle connection takes some 20 KiB. */
const CONNECTIONS = 1000;

/** For the last answers to leave at a stop. */
const ANSWERS_LEAVE = seconds(1);

/** Requests at once on one connection; the client waits with more. A collector's exporter sends ten (num_consumers). */
const MAX_STREAMS = 100;

/**
 * How much a client may send before it hears from us, on a stream and on its connection. HTTP/2's default of 64 KiB makes
 * a sender of megabytes wait for us all the time; more than this saves no CPU and makes other connections wait longer
 * (bench: grpc.bench.ts). It is no bound on memory: what comes is read at once, and HeldBytes is.
 */
const WINDOW = 2 ** 20;

/**
 * OTLP/gRPC: unary calls over HTTP/2. Compression: none, gzip or deflate; anything else is answered UNIMPLEMENTED.
 * A request's bytes are its handler's until that settles; afterwards their memory is used again.
 * `handle` should not reject; if it does, the sender gets INTERNAL and the handler's maker sees to the log.
 * Rejects with an Error for the user where it cannot listen.
 *
 * Most memory, whatever is sent: maxHeldBytes, 16 MiB of idle buffers, for the one large message that is being decompressed
 * 2 x maxRequestBytes, and the connections' own. With the defaults 256 + 16 + 128 + 20 MiB.
 */
export async function startGrpc(options: GrpcOptions, handle: Handle, clock: Clock): Promise<Receiver> {
  const { maxRequestBytes } = options;
  const underWay = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  // One listener a call.
  setMaxListeners(0, stopping.signal);
  const context = {
    path: PATH,
    maxRequestBytes,
    maxMessageTime: options.maxMessageTime ?? MESSAGE_TIME,
    held: new HeldBytes(options.maxHeldBytes ?? Math.max(HELD_BYTES, 4 * maxRequestBytes)),
    open: inflater(maxRequestBytes),
    handle,
    clock,
    underWay(work: Promise<unknown>) {
      underWay.add(work);
      // What fails there is a fault of ours, and no reason to end the process.
      void work.catch(() => {}).finally(() => underWay.delete(work));
    },
    stopping: stopping.signal,
    refused: options.refused ?? (() => {}),
  };
  const age = options.maxConnectionAge ?? CONNECTION_AGE;
  const grace = options.maxConnectionAgeGrace ?? CONNECTION_AGE_GRACE;

  const sessions = new Set<ServerHttp2Session>();
  const listener = await listen(options.endpoint, 'receivers.otlp.grpc.endpoint', (socket: Socket) => {
    if (sessions.size >= (options.maxConnections ?? CONNECTIONS)) {
      socket.destroy();
      options.broken?.(`there are ${sessions.size} connections already, and that is all that are taken`);
      return;
    }
    const session = performServerHandshake(socket, {
      settings: { initialWindowSize: WINDOW, maxConcurrentStreams: MAX_STREAMS },
    });
    sessions.add(session);
    session.setLocalWindowSize(WINDOW);
    session.on('stream', (stream, headers) => takeCall(stream, headers, context));
    // What breaks a session also closes it.
    session.on('error', (error) => options.broken?.(brokenBy(error)));
    const stopAging = endAtAge(session, age, grace);
    session.on('close', () => {
      stopAging();
      sessions.delete(session);
    });
  });

  const overdue = Promise.withResolvers<void>();
  let drained: Promise<unknown> | undefined;
  const drain = async () => {
    const closed = listener.close();
    stopping.abort();
    // GOAWAY: a client repeats elsewhere what we have not seen. Calls under way are answered first.
    for (const session of sessions) session.close();
    // A handler outlives its connection when the client leaves first.
    await Promise.allSettled(underWay);
    // A client that does not take its answer, or goes on sending, must not use up the time that others need to drain.
    await Promise.race([closed, sleep(ANSWERS_LEAVE, undefined, { ref: false })]);
  };
  return {
    address: listener.address,
    async stop(by) {
      drained ??= drain();
      if (by.aborted) overdue.resolve();
      else by.addEventListener('abort', () => overdue.resolve(), { once: true });
      await Promise.race([drained, overdue.promise]);
      for (const session of sessions) session.destroy();
    },
  };
}

/** Closes the session at its age and destroys it after the grace; gives a function that calls it off. */
function endAtAge(session: ServerHttp2Session, age: Ms, grace: Ms): () => void {
  // All at one time would have them come back at one time.
  const jittered = millis(age * (0.9 + 0.2 * Math.random()));
  let timer = setTimeout(() => {
    session.close();
    timer = setTimeout(() => session.destroy(), grace).unref();
  }, jittered).unref();
  return () => clearTimeout(timer);
}

/** nghttp2's word for a connection that does not begin as HTTP/2 must: HTTP/1, TLS, or something else altogether. */
const BAD_MAGIC = -903;

function brokenBy(error: Error & { readonly errno?: number; readonly code?: string }): string {
  return error.errno === BAD_MAGIC
    ? "it does not speak HTTP/2 in plain text; TLS is not there yet: give the collector's exporter tls: {insecure: true}"
    : (error.code ?? error.message);
}
