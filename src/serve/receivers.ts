import type {
  Config,
  GrpcReceiverConfig,
  HttpReceiverConfig,
  ReceiverConfig,
  WebhookReceiverConfig,
} from '../config/schema.ts';
import { dotted } from '../lib/dotted-path.ts';
import { seconds } from '../lib/time-format.ts';
import type { Readiness } from '../model/readiness.ts';
import type { Handle, Receiver } from '../model/request.ts';
import { wallClock } from '../ops/clock.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';
import type { DoorOptions } from '../receive/door.ts';
import { type GrpcOptions, startGrpc } from '../receive/grpc/grpc.ts';
import { startAuditWebhook, type WebhookOptions } from '../receive/http/audit-webhook.ts';
import { type OtlpOverHttpOptions, startOtlpHttp } from '../receive/http/otlp-over-http.ts';
import { RequestMemory } from '../receive/request-memory.ts';
import {
  RECEIVER_PATHS,
  type ReceiverFiles,
  type ReceiverName,
  type SecretFiles,
} from '../setup/receiver-files.ts';
import { startChangingFiles } from './changing-files.ts';
import { fromSender, type ProblemLog } from './problem-log.ts';

const MIB = 2 ** 20;
/** How often token files are checked where there is no `tls.reload_interval`. */
const RELOAD_INTERVAL = seconds(60);

/** To whom receivers report, and whom they ask. */
export interface ReceiverSurroundings {
  readonly problems: ProblemLog;
  readonly counters: ReadableCounters;
  readonly log: Log;
  /** With it grpc.health.v1 is served. */
  readonly readiness?: Readiness;
}

export interface Receivers {
  /** Of each that is on, as bound. */
  readonly addresses: Readonly<Partial<Record<ReceiverName, string>>>;
  /** All at once; see Receiver. */
  stop(by: AbortSignal): Promise<void>;
}

/** The receivers of a configuration. Rejects with an Error for the user where one cannot listen; then none does. */
export async function startReceivers(
  config: Config,
  files: ReceiverFiles,
  handle: Handle,
  surroundings: ReceiverSurroundings,
): Promise<Receivers> {
  const { otlp, kubernetes_audit_webhook: webhook } = config.receivers;
  const { grpc, http } = otlp?.protocols ?? {};
  const memory = memoryFor(config);
  const reports = reportsTo(surroundings);
  const { readiness } = surroundings;
  const started = new Map<ReceiverName, Receiver>();
  const start = async (
    name: ReceiverName,
    receiver: ReceiverConfig | undefined,
    listen: (door: Pick<DoorOptions, 'tls' | 'tokens'>) => Promise<Receiver>,
  ) => {
    if (receiver) started.set(name, await withFiles(name, receiver, files[name], surroundings, listen));
  };
  const stop = async (by: AbortSignal) => {
    await Promise.all([...started.values()].map((receiver) => receiver.stop(by)));
  };
  try {
    await start('grpc', grpc, (door) =>
      startGrpc(
        { ...grpcOptions(grpc!), memory, ...reports, ...door, ...(readiness && { readiness }) },
        handle,
        wallClock,
      ),
    );
    await start('http', http, (door) =>
      startOtlpHttp({ ...otlpHttpOptions(http!), memory, ...reports, ...door }, handle, wallClock),
    );
    await start('webhook', webhook, (door) =>
      startAuditWebhook({ ...webhookOptions(webhook!), memory, ...reports, ...door }, handle, wallClock),
    );
  } catch (error) {
    await stop(AbortSignal.abort());
    throw error;
  }
  const addresses = Object.fromEntries([...started].map(([name, { address }]) => [name, address]));
  return { addresses, stop };
}

/** Starts a receiver with its certificates and tokens, which may change while it runs. */
async function withFiles(
  name: ReceiverName,
  { tls }: ReceiverConfig,
  files: SecretFiles | undefined,
  { counters, log }: ReceiverSurroundings,
  listen: (door: Pick<DoorOptions, 'tls' | 'tokens'>) => Promise<Receiver>,
): Promise<Receiver> {
  const interval = tls?.reload_interval ?? RELOAD_INTERVAL;
  const of = (which: string) =>
    ({ what: `the ${which} files of ${dotted(RECEIVER_PATHS[name])}`, counter: 'receiver_files' }) as const;
  const keys = files?.keys && startChangingFiles(files.keys, interval, of('TLS'), counters, log);
  const tokens = files?.tokens && startChangingFiles(files.tokens, interval, of('token'), counters, log);
  const stopFiles = () => {
    void keys?.stop(AbortSignal.abort());
    void tokens?.stop(AbortSignal.abort());
  };
  try {
    const receiver = await listen({ ...(keys && { tls: keys.now }), ...(tokens && { tokens: tokens.now }) });
    return {
      address: receiver.address,
      async stop(by) {
        stopFiles();
        await receiver.stop(by);
      },
    };
  } catch (error) {
    stopFiles();
    throw error;
  }
}

/** The memory of all receivers together: at least for one request of the largest size, and what it decompresses to. */
function memoryFor({ receivers, limits }: Config): RequestMemory {
  const { grpc, http } = receivers.otlp?.protocols ?? {};
  const largest = Math.max(
    (grpc?.max_recv_msg_size_mib ?? 0) * MIB,
    http?.max_request_body_size ?? 0,
    receivers.kubernetes_audit_webhook?.max_request_body_size ?? 0,
  );
  return new RequestMemory(
    Math.max(limits.requests_mib * MIB, 2 * largest),
    Math.max(limits.sender_requests_mib * MIB, 2 * largest),
  );
}

const doorOptions = (receiver: ReceiverConfig) =>
  ({
    endpoint: receiver.endpoint,
    socketMode: Number.parseInt(receiver.socket_mode, 8),
    maxConnections: receiver.max_connections,
    maxConnectionsPerSender: receiver.max_connections_per_sender,
  }) satisfies DoorOptions;

function grpcOptions(grpc: GrpcReceiverConfig) {
  const keepalive = grpc.keepalive.server_parameters;
  return {
    ...doorOptions(grpc),
    maxRequestBytes: grpc.max_recv_msg_size_mib * MIB,
    maxConcurrentStreams: grpc.max_concurrent_streams,
    times: {
      maxConnectionAge: keepalive.max_connection_age,
      maxConnectionAgeGrace: keepalive.max_connection_age_grace,
      maxConnectionIdle: keepalive.max_connection_idle,
      keepaliveTime: keepalive.time,
      keepaliveTimeout: keepalive.timeout,
    },
  } satisfies GrpcOptions;
}

const otlpHttpOptions = (http: HttpReceiverConfig) =>
  ({
    ...doorOptions(http),
    maxRequestBytes: http.max_request_body_size,
    cors: {
      allowedOrigins: http.cors.allowed_origins,
      allowedHeaders: http.cors.allowed_headers,
      maxAge: http.cors.max_age,
    },
  }) satisfies OtlpOverHttpOptions;

const webhookOptions = (webhook: WebhookReceiverConfig) =>
  ({
    ...doorOptions(webhook),
    path: webhook.path,
    maxRequestBytes: webhook.max_request_body_size,
    maxInFlight: webhook.max_requests_in_flight,
  }) satisfies WebhookOptions;

function reportsTo({ problems, counters }: ReceiverSurroundings) {
  return {
    refused(as, why, sender) {
      counters.add('requests_refused', 1, as);
      problems.report(`requests ended before they were read (${as})`, fromSender(why, sender));
    },
    unread() {
      counters.add('answers_unread');
      problems.report('answers were not read by their senders', 'their calls were closed');
    },
    broken(why, peer) {
      counters.add('connections_broken');
      problems.report('connections ended in an error', fromSender(why, peer));
    },
    handshakeFailed(why, peer) {
      counters.add('tls_handshakes_failed');
      problems.report('TLS handshakes failed', fromSender(why, peer));
    },
  } satisfies Partial<GrpcOptions>;
}
