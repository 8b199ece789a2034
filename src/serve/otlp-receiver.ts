import type { Config, GrpcReceiverConfig } from '../config/schema.ts';
import { seconds } from '../lib/time-format.ts';
import type { Readiness } from '../model/readiness.ts';
import type { Handle, Receiver } from '../model/request.ts';
import { wallClock } from '../ops/clock.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';
import { type GrpcOptions, startGrpc } from '../receive/grpc.ts';
import { RequestMemory } from '../receive/request-memory.ts';
import type { ReceiverFiles } from '../setup/receiver-files.ts';
import { startChangingFiles } from './changing-files.ts';
import type { ProblemLog } from './problem-log.ts';

const MIB = 2 ** 20;
/** How often token files are checked where there is no `tls.reload_interval`. */
const RELOAD_INTERVAL = seconds(60);

/** To whom the receiver reports, and whom it asks. */
export interface ReceiverSurroundings {
  readonly problems: ProblemLog;
  readonly counters: ReadableCounters;
  readonly log: Log;
  /** With it grpc.health.v1 is served. */
  readonly readiness?: Readiness;
}

/** The OTLP receiver of a configuration. Rejects with an Error for the user where it cannot listen. */
export async function startOtlpReceiver(
  config: Config,
  files: ReceiverFiles,
  handle: Handle,
  { problems, counters, log, readiness }: ReceiverSurroundings,
): Promise<Receiver> {
  const { grpc } = config.receivers.otlp.protocols;
  const interval = grpc.tls?.reload_interval ?? RELOAD_INTERVAL;
  const keys =
    files.keys && startChangingFiles(files.keys, interval, 'the TLS files of the receiver', counters, log);
  const tokens =
    files.tokens &&
    startChangingFiles(files.tokens, interval, 'the token files of the receiver', counters, log);
  const stopFiles = () => {
    void keys?.stop(AbortSignal.abort());
    void tokens?.stop(AbortSignal.abort());
  };
  try {
    const receiver = await startGrpc(
      {
        ...limitsOfReceiver(grpc, config.limits),
        ...reports(problems, counters),
        ...(keys && { tls: keys.now }),
        ...(tokens && { tokens: tokens.now }),
        ...(readiness && { readiness }),
      },
      handle,
      wallClock,
    );
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

function limitsOfReceiver(grpc: GrpcReceiverConfig, limits: Config['limits']) {
  const keepalive = grpc.keepalive.server_parameters;
  // A message and what it decompresses to.
  const largest = 2 * grpc.max_recv_msg_size_mib;
  return {
    endpoint: grpc.endpoint,
    socketMode: Number.parseInt(grpc.socket_mode, 8),
    maxRequestBytes: grpc.max_recv_msg_size_mib * MIB,
    memory: new RequestMemory(
      Math.max(limits.requests_mib, largest) * MIB,
      Math.max(limits.sender_requests_mib, largest) * MIB,
    ),
    maxConcurrentStreams: grpc.max_concurrent_streams,
    maxConnections: grpc.max_connections,
    maxConnectionsPerSender: grpc.max_connections_per_sender,
    times: {
      maxConnectionAge: keepalive.max_connection_age,
      maxConnectionAgeGrace: keepalive.max_connection_age_grace,
      maxConnectionIdle: keepalive.max_connection_idle,
      keepaliveTime: keepalive.time,
      keepaliveTimeout: keepalive.timeout,
    },
  } satisfies GrpcOptions;
}

function reports(problems: ProblemLog, counters: ReadableCounters) {
  return {
    refused(as, why, sender) {
      counters.add('requests_refused', 1, as);
      problems.report(`requests ended before they were read (${as})`, from(why, sender));
    },
    unread() {
      counters.add('answers_unread');
      problems.report('answers were not read by their senders', 'their calls were closed');
    },
    broken(why, peer) {
      counters.add('connections_broken');
      problems.report('connections ended in an error', from(why, peer));
    },
    handshakeFailed(why, peer) {
      counters.add('tls_handshakes_failed');
      problems.report('TLS handshakes failed', from(why, peer));
    },
  } satisfies Partial<GrpcOptions>;
}

const from = (why: string, sender: string): string => `${why} (from ${sender})`;
