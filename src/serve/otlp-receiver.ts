import type { Config } from '../config/schema.ts';
import type { Handle, Receiver } from '../model/request.ts';
import { wallClock } from '../ops/clock.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import { startGrpc } from '../receive/grpc.ts';
import type { ProblemLog } from './problem-log.ts';

/** The OTLP receiver of a configuration. Rejects with an Error for the user where it cannot listen. */
export function startOtlpReceiver(
  { receivers, limits }: Config,
  handle: Handle,
  problems: ProblemLog,
  counters: ReadableCounters,
): Promise<Receiver> {
  const { grpc } = receivers.otlp.protocols;
  const options = {
    endpoint: grpc.endpoint,
    maxRequestBytes: grpc.max_recv_msg_size_mib * 2 ** 20,
    maxHeldBytes: Math.max(limits.requests_mib, 2 * grpc.max_recv_msg_size_mib) * 2 ** 20,
    refused(status: string, why: string) {
      counters.add('requests_refused', 1, status);
      problems.report(`requests were rejected before they were read (${status})`, why);
    },
    broken(why: string) {
      counters.add('connections_broken');
      problems.report('connections ended in an error', why);
    },
  };
  return startGrpc(options, handle, wallClock);
}
