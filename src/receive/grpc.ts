import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { LogsService } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis, seconds } from '../lib/time-format.ts';
import { unixAddress } from '../lib/unix-endpoint.ts';
import type { Readiness } from '../model/readiness.ts';
import type { Handle, Receiver } from '../model/request.ts';
import type { Clock, Ms } from '../model/time.ts';
import type { EndedAs } from './grpc-call.ts';
import { type ConnectionContext, type ConnectionTimes, GrpcConnection } from './grpc-connection.ts';
import { HealthService } from './grpc-health.ts';
import { HeldBytes } from './held-bytes.ts';
import { inflater } from './inflate.ts';
import { listen } from './listen.ts';
import { Senders } from './sender.ts';
import { type ServerKeys, tlsServer } from './tls-server.ts';
import { bindingOf, type KnownToken, type TokenBinding } from './tokens.ts';
import { turnAway } from './turn-away.ts';

export interface GrpcOptions {
  /** host:port (localhost, a name, an IPv4 address or an IPv6 address in brackets), or unix:///path. */
  readonly endpoint: string;
  /** The file mode of a unix socket. Default: 0660. */
  readonly socketMode?: number;
  /** Asked at each connection. Without it the receiver speaks plain text. */
  readonly tls?: () => ServerKeys;
  /** Asked at each call, which then needs one of these tokens. */
  readonly tokens?: () => readonly KnownToken[];
  /** The largest message, as sent and as decompressed. A larger one is refused for good (RESOURCE_EXHAUSTED). */
  readonly maxRequestBytes: number;
  /**
   * The most memory of all requests in progress, over all connections: buffers of messages that are still arriving, and
   * messages whose handler has not settled. A message that needs more is answered UNAVAILABLE with RetryInfo.
   * Default: 256 MiB, or four times maxRequestBytes where that is more.
   */
  readonly maxHeldBytes?: number;
  /** The part of it that one sender may have: all that are bound to one cluster, else one address. Default: half of it. */
  readonly maxSenderBytes?: number;
  /**
   * The time that a message has to arrive in full; then its call is answered UNAVAILABLE. A sender has as much time to read
   * its answer; then its call is closed. Default: a minute.
   */
  readonly maxMessageTime?: Ms;
  /** At a stop: the time that messages which are arriving still have; then they are answered UNAVAILABLE. Default: 2 seconds. */
  readonly lastMessagesTime?: Ms;
  readonly times?: Partial<ConnectionTimes>;
  /** The most calls at once on one connection; the client waits with more. Default: 100; a collector's exporter sends ten (num_consumers). */
  readonly maxConcurrentStreams?: number;
  /** The most connections at once; further clients hear so and are closed. Default: 1,000, enough for a collector on each node of a large cluster. */
  readonly maxConnections?: number;
  /** The most connections at once from one address that is not this machine's own. Default: 200. */
  readonly maxConnectionsPerSender?: number;
  /** With it grpc.health.v1 is served, to everybody who can connect. */
  readonly readiness?: Readiness;
  /** Called for each call that ended without its handler: refused (too large, broken, no room), or given up by its sender. */
  readonly refused?: (as: EndedAs, why: string, sender: string) => void;
  /** Called for each call that was closed because its sender did not read the answer. */
  readonly unread?: () => void;
  /** Called for each connection that ended in an error; `why` is for people. */
  readonly broken?: (why: string, peer: string) => void;
  /** Called for each TLS handshake that failed, with the same. */
  readonly handshakeFailed?: (why: string, peer: string) => void;
}

const PATH = `/${LogsService.typeName}/${LogsService.method.export.name}`;

const HELD_BYTES = 256 * 2 ** 20;
const MESSAGE_TIME = seconds(60);
const LAST_MESSAGES_TIME = seconds(2);
const TIMES: ConnectionTimes = {
  handshake: seconds(10),
  maxConnectionAge: seconds(300),
  maxConnectionAgeGrace: seconds(60),
  maxConnectionIdle: seconds(0),
  keepaliveTime: seconds(60),
  keepaliveTimeout: seconds(20),
};
const CONCURRENT_STREAMS = 100;

/** An idle connection takes some 20 KiB. */
const CONNECTIONS = 1000;
const CONNECTIONS_PER_SENDER = 200;
/** Connections over the limit that are told so at one time; beyond these they are just closed. */
const TURNED_AWAY_MAX = 100;

/** At a stop: the time that the last answers have to be sent. */
const ANSWERS_LEAVE = seconds(1);

/** At the deadline of a stop: the longest that it waits until all connections are destroyed. */
const CUTS_TIME = millis(200);

/** Calls that are ended in one turn, so that a stop notices its deadline. */
const CALLS_A_TURN = 200;

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
  const underWay = new Set<Promise<unknown>>();
  const { lastMessagesTime = LAST_MESSAGES_TIME } = options;
  const senders = sendersOf(options);
  const context = contextOf(options, senders, handle, clock, underWay);
  const connections = new Set<GrpcConnection>();
  let turnedAway = 0;
  const begin = (socket: Socket, accepted = socket) => {
    const connection = new GrpcConnection(socket, senders.of(accepted), context, () =>
      connections.delete(connection),
    );
    connections.add(connection);
  };
  const tls =
    options.tls &&
    tlsServer({
      keys: options.tls,
      handshake: context.times.handshake,
      secured: begin,
      failed: (why, accepted) => options.handshakeFailed?.(why, senders.of(accepted).name),
    });
  const accept = (socket: Socket) => {
    const why = senders.admit(socket);
    if (why === undefined) {
      if (tls) tls.accept(socket);
      else begin(socket);
      return;
    }
    context.broken(why, senders.of(socket).name);
    // A handshake for those who are not let in would cost more than it says to them.
    if (tls || turnedAway >= TURNED_AWAY_MAX) socket.destroy();
    else {
      turnedAway++;
      turnAway(socket, why, () => turnedAway--);
    }
  };
  const listener = await listen(
    options.endpoint,
    'receivers.otlp.protocols.grpc.endpoint',
    accept,
    options.socketMode,
  );

  const overdue = Promise.withResolvers<void>();
  let isOverdue = false;
  let drained: Promise<unknown> | undefined;
  const drain = async () => {
    const closed = listener.close();
    tls?.close();
    context.health?.stop();
    for (const connection of connections) connection.leave(millis(lastMessagesTime / 4));
    await Promise.race([closed, sleep(lastMessagesTime, undefined, { ref: false })]);
    for (const connection of connections) connection.close();
    await refuseIncomplete();
    // A handler may outlive its connection, if the client leaves first.
    await Promise.allSettled(underWay);
    // A client that does not read its answer, or goes on sending, must not use up the time that others need to drain.
    await Promise.race([closed, sleep(ANSWERS_LEAVE, undefined, { ref: false })]);
  };
  const refuseIncomplete = async () => {
    let done = 0;
    for (const { calls } of connections)
      for (const call of calls) {
        if (isOverdue) return;
        call.refuseIncomplete();
        if (++done % CALLS_A_TURN === 0) await nextTurn();
      }
  };
  const destroyAll = async () => {
    for (const connection of connections) {
      connection.destroy('Sidewatch has stopped');
      await nextTurn();
    }
  };
  return {
    address: listener.address,
    async stop(by) {
      drained ??= drain();
      const now = () => {
        isOverdue = true;
        overdue.resolve();
      };
      if (by.aborted) now();
      else by.addEventListener('abort', now, { once: true });
      await Promise.race([drained, overdue.promise]);
      // With very many calls open this takes longer. It goes on in the turns that the end of the process leaves.
      await Promise.race([destroyAll(), sleep(CUTS_TIME, undefined, { ref: false })]);
    },
  };
}

function sendersOf(options: GrpcOptions): Senders {
  const bytes = options.maxHeldBytes ?? Math.max(HELD_BYTES, 4 * options.maxRequestBytes);
  const limits = {
    connections: options.maxConnections ?? CONNECTIONS,
    connectionsPerSender: options.maxConnectionsPerSender ?? CONNECTIONS_PER_SENDER,
    bytesPerSender: options.maxSenderBytes ?? bytes / 2,
  };
  return new Senders(new HeldBytes(bytes), limits, unixAddress(options.endpoint));
}

/** Of those who need no token, nothing is known. */
const UNBOUND: TokenBinding = { cluster: undefined };

function contextOf(
  options: GrpcOptions,
  senders: Senders,
  handle: Handle,
  clock: Clock,
  underWay: Set<Promise<unknown>>,
): ConnectionContext {
  const { maxRequestBytes, tokens } = options;
  return {
    path: PATH,
    maxRequestBytes,
    maxMessageTime: options.maxMessageTime ?? MESSAGE_TIME,
    health:
      options.readiness &&
      new HealthService({
        readiness: options.readiness,
        services: [LogsService.typeName],
        patience: options.maxMessageTime ?? MESSAGE_TIME,
      }),
    maxConcurrentStreams: options.maxConcurrentStreams ?? CONCURRENT_STREAMS,
    times: { ...TIMES, ...options.times },
    bindingOf: (authorization) => (tokens ? bindingOf(authorization, tokens()) : UNBOUND),
    bound: (cluster) => senders.bound(cluster),
    open: inflater(maxRequestBytes),
    handle,
    clock,
    underWay(work) {
      underWay.add(work);
      // A failure there is a bug of ours, and must not end the process.
      void work.catch(() => {}).finally(() => underWay.delete(work));
    },
    refused: options.refused ?? (() => {}),
    unread: options.unread ?? (() => {}),
    broken: options.broken ?? (() => {}),
  };
}
