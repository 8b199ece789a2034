import type { Config } from '../config/schema.ts';
import type { Handle, Receiver } from '../model/request.ts';
import { wallClock } from '../ops/clock.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import { startGrpc } from '../receive/grpc.ts';
import type { EndedAs } from '../receive/grpc-call.ts';
import type { ProblemLog } from './problem-log.ts';

/** The OTLP receiver of a configuration. Rejects with an Error for the user where it cannot listen. */
export function startOtlpReceiver(
  { receivers, limits }: Config,
  handle: Handle,
  problems: ProblemLog,
  counters: ReadableCounters,
): Promise<Receiver> {
  const { grpc } = receivers.otlp.protocols;
  const keepalive = grpc.keepalive.server_parameters;
  const options = {
    endpoint: grpc.endpoint,
    maxRequestBytes: grpc.max_recv_msg_size_mib * 2 ** 20,
    maxHeldBytes: Math.max(limits.requests_mib, 2 * grpc.max_recv_msg_size_mib) * 2 ** 20,
    maxConcurrentStreams: grpc.max_concurrent_streams,
    maxConnections: grpc.max_connections,
    times: {
      maxConnectionAge: keepalive.max_connection_age,
      maxConnectionAgeGrace: keepalive.max_connection_age_grace,
      maxConnectionIdle: keepalive.max_connection_idle,
      keepaliveTime: keepalive.time,
      keepaliveTimeout: keepalive.timeout,
    },
    refused(as: EndedAs, why: string) {
      counters.add('requests_refused', 1, as);
      problems.report(`requests ended before they were read (${as})`, why);
    },
    unread() {
      counters.add('answers_unread');
      problems.report('answers were not read by their senders', 'their calls were closed');
    },
    broken(why: string) {
      counters.add('connections_broken');
      problems.report('connections ended in an error', why);
    },
  };
  return startGrpc(options, handle, wallClock);
}
