import { LogsService } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { seconds } from '../../lib/time-format.ts';
import type { Readiness } from '../../model/readiness.ts';
import type { Handle, Receiver } from '../../model/request.ts';
import type { Clock, Ms } from '../../model/time.ts';
import { type DoorOptions, openDoor } from '../door.ts';
import { drainer } from '../drain.ts';
import type { EndedAs } from '../ended-as.ts';
import { RequestMemory } from '../request-memory.ts';
import { bindingFor } from '../tokens.ts';
import { type ConnectionContext, type ConnectionTimes, GrpcConnection } from './grpc-connection.ts';
import { HealthService } from './grpc-health.ts';
import { turnAway } from './turn-away.ts';

export interface GrpcOptions extends DoorOptions {
  /** The largest message, as sent and as decompressed. A larger one is refused for good (RESOURCE_EXHAUSTED). */
  readonly maxRequestBytes: number;
  /**
   * The memory of all requests in progress. A message that needs more is answered UNAVAILABLE with RetryInfo.
   * Default: its own, of 256 MiB, or four times maxRequestBytes where that is more.
   */
  readonly memory?: RequestMemory;
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
  /** With it grpc.health.v1 is served, to everybody who can connect. */
  readonly readiness?: Readiness;
  /** Called for each call that ended without its handler: refused (too large, broken, no room), or given up by its sender. */
  readonly refused?: (as: EndedAs, why: string, sender: string) => void;
  /** Called for each call that was closed because its sender did not read the answer. */
  readonly unread?: () => void;
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

/**
 * OTLP/gRPC: unary calls over HTTP/2. Compression: none, gzip, deflate or zstd; anything else is answered UNIMPLEMENTED.
 * A request's bytes belong to its handler until that settles; then their memory is reused.
 * `handle` should not reject. If it does, the sender gets INTERNAL; whoever made the handler must log it.
 * Rejects with an Error for the user where it cannot listen.
 *
 * The most memory, whatever is sent: that of `memory`, 16 MiB of idle buffers, 2 x maxRequestBytes for the one large message
 * that is being decompressed (and 32 MiB more for zstd), and the connections themselves. With the defaults: 256 + 16 + 160 + 20 MiB.
 */
export async function startGrpc(options: GrpcOptions, handle: Handle, clock: Clock): Promise<Receiver> {
  const underWay = new Set<Promise<unknown>>();
  const { lastMessagesTime = LAST_MESSAGES_TIME } = options;
  const memory = options.memory ?? new RequestMemory(Math.max(HELD_BYTES, 4 * options.maxRequestBytes));
  const context = contextOf(options, memory, handle, clock, underWay);
  const connections = new Set<GrpcConnection>();
  const door = await openDoor(options, {
    setting: 'receivers.otlp.protocols.grpc.endpoint',
    protocol: 'h2',
    handshake: context.times.handshake,
    memory,
    begin(socket, peer) {
      const connection = new GrpcConnection(socket, peer, context, () => connections.delete(connection));
      connections.add(connection);
    },
    turnAway,
  });

  return {
    address: door.address,
    stop: drainer({
      close() {
        context.health?.stop();
        return door.close();
      },
      connections,
      underWay,
      lastMessagesTime,
    }),
  };
}

function contextOf(
  options: GrpcOptions,
  memory: RequestMemory,
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
    bindingOf: (authorization) => bindingFor(authorization, tokens),
    memory,
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
