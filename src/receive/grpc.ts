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
   * The most memory of all requests in progress, over all connections: buffers of messages that are still arriving, and
   * messages whose handler has not settled. A message that needs more is answered UNAVAILABLE with RetryInfo.
   * Default: 256 MiB, or four times maxRequestBytes where that is more.
   */
  readonly maxHeldBytes?: number;
  /** The time that a message has to arrive in full; then its call is answered UNAVAILABLE. Default: a minute. */
  readonly maxMessageTime?: Ms;
  /**
   * A collector keeps its connection as long as it runs, so replicas that start later would get nothing. At this age (up to
   * a tenth more or less) we ask it to connect again (GOAWAY; requests in progress are answered first). This also ends the
   * connections of peers that have vanished. Default: 5 minutes.
   */
  readonly maxConnectionAge?: Ms;
  /** After this time requests on such a connection are cut off, and their sender retries. Default: a minute. */
  readonly maxConnectionAgeGrace?: Ms;
  /** The most connections at once; further ones are closed. Default: 1,000, enough for a collector on each node of a large cluster. */
  readonly maxConnections?: number;
  /** Called for each call that was answered without its handler (too large, broken, no room). */
  readonly refused?: (status: RefusedAs, why: string) => void;
  /** Called for each connection that ended in an error; `why` is for people. */
  readonly broken?: (why: string) => void;
}

const PATH = `/${LogsService.typeName}/${LogsService.method.export.name}`;

const HELD_BYTES = 256 * 2 ** 20;
const MESSAGE_TIME = seconds(60);
const CONNECTION_AGE = seconds(300);
const CONNECTION_AGE_GRACE = seconds(60);

/** An idle connection takes some 20 KiB. */
const CONNECTIONS = 1000;

/** At a stop: the time that the last answers have to be sent. */
const ANSWERS_LEAVE = seconds(1);

/** The most requests at once on one connection; the client waits with more. A collector's exporter sends ten (num_consumers). */
const MAX_STREAMS = 100;

/**
 * How much a client may send before we acknowledge it, on a stream and on its connection. With HTTP/2's default of 64 KiB a
 * sender of megabytes waits for us all the time; more than this saves no CPU and makes other connections wait longer
 * (bench: grpc.bench.ts). It does not bound memory, as everything is read at once: HeldBytes does.
 */
const WINDOW = 2 ** 20;

/**
 * OTLP/gRPC: unary calls over HTTP/2. Compression: none, gzip or deflate; anything else is answered UNIMPLEMENTED.
 * A request's bytes belong to its handler until that settles; then their memory is reused.
 * `handle` should not reject. If it does, the sender gets INTERNAL; whoever made the handler must log it.
 * Rejects with an Error for the user where it cannot listen.
 *
 * The most memory, whatever is sent: maxHeldBytes, 16 MiB of idle buffers, 2 x maxRequestBytes for the one large message
 * that is being decompressed, and the connections themselves. With the defaults: 256 + 16 + 128 + 20 MiB.
 */
export async function startGrpc(options: GrpcOptions, handle: Handle, clock: Clock): Promise<Receiver> {
  const { maxRequestBytes } = options;
  const underWay = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  // One listener for each call.
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
      // A failure there is a bug of ours, and must not end the process.
      void work.catch(() => {}).finally(() => underWay.delete(work));
    },
    stopping: stopping.signal,
    refused: options.refused ?? (() => {}),
  };
  const age = options.maxConnectionAge ?? CONNECTION_AGE;
  const grace = options.maxConnectionAgeGrace ?? CONNECTION_AGE_GRACE;

  const sessions = new Set<ServerHttp2Session>();
  const listener = await listen(
    options.endpoint,
    'receivers.otlp.protocols.grpc.endpoint',
    (socket: Socket) => {
      if (sessions.size >= (options.maxConnections ?? CONNECTIONS)) {
        socket.destroy();
        options.broken?.(`there are already ${sessions.size} connections, which is the limit`);
        return;
      }
      const session = performServerHandshake(socket, {
        settings: { initialWindowSize: WINDOW, maxConcurrentStreams: MAX_STREAMS },
      });
      sessions.add(session);
      session.setLocalWindowSize(WINDOW);
      session.on('stream', (stream, headers) => takeCall(stream, headers, context));
      // An error also closes the session.
      session.on('error', (error) => options.broken?.(brokenBy(error)));
      const stopAging = endAtAge(session, age, grace);
      session.on('close', () => {
        stopAging();
        sessions.delete(session);
      });
    },
  );

  const overdue = Promise.withResolvers<void>();
  let drained: Promise<unknown> | undefined;
  const drain = async () => {
    const closed = listener.close();
    stopping.abort();
    // GOAWAY: a client sends to another replica what we have not seen. Calls in progress are answered first.
    for (const session of sessions) session.close();
    // A handler may outlive its connection, if the client leaves first.
    await Promise.allSettled(underWay);
    // A client that does not read its answer, or goes on sending, must not use up the time that others need to drain.
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

/** Closes the session at its age and destroys it after the grace. Returns a function that cancels this. */
function endAtAge(session: ServerHttp2Session, age: Ms, grace: Ms): () => void {
  // If all were closed at one time, all would come back at one time.
  const jittered = millis(age * (0.9 + 0.2 * Math.random()));
  let timer = setTimeout(() => {
    session.close();
    timer = setTimeout(() => session.destroy(), grace).unref();
  }, jittered).unref();
  return () => clearTimeout(timer);
}

/** nghttp2's code for a connection that does not begin as HTTP/2 must: HTTP/1, TLS, or something else. */
const BAD_MAGIC = -903;

function brokenBy(error: Error & { readonly errno?: number; readonly code?: string }): string {
  return error.errno === BAD_MAGIC
    ? "it does not speak HTTP/2 in plain text; TLS is not supported yet, so set tls: {insecure: true} in the collector's exporter"
    : (error.code ?? error.message);
}
