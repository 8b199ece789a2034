import type { Config } from '../config/schema.ts';
import { seconds } from '../lib/time-format.ts';
import type { Handle } from '../model/request.ts';
import type { Clock } from '../model/time.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';

const MIB = 2 ** 20;
const RETRY_AFTER = seconds(5);
/** A collection stops everything else: while memory stays above the limit there is one in this time, in microseconds. */
const BETWEEN_COLLECTIONS = seconds(10) * 1000;
/** Memory that moves around the limit is logged once in this time, in microseconds. */
const BETWEEN_LINES = seconds(60) * 1000;

export interface MemoryLimiter {
  /** Measures memory. Call this at every `check_interval`. */
  check(): void;
  /** The same handler, which refuses requests while memory is above the limit. */
  guard(handle: Handle): Handle;
  /** Why requests are refused now; undefined where they are not. */
  refusing(): string | undefined;
}

/** The process, as a limiter sees it. */
interface Memory {
  /** Bytes in use. */
  readonly measure: () => number;
  readonly collect: () => void;
  readonly clock: Clock;
}

/**
 * The collector's memory_limiter: above the soft limit (`limit_mib` less `spike_limit_mib`) garbage is collected, and where
 * that does not help, requests are refused for now, until a check finds less. undefined where there is no limit.
 */
export function memoryLimiter(
  { memory_limiter: { limit_mib, spike_limit_mib } }: Config,
  { measure, collect, clock }: Memory,
  counters: ReadableCounters,
  log: Log,
): MemoryLimiter | undefined {
  if (limit_mib === undefined) return undefined;
  const soft = (limit_mib - spike_limit_mib) * MIB;
  let used = 0;
  const mayCollect = atMostEvery(BETWEEN_COLLECTIONS, clock);
  const mayLog = atMostEvery(BETWEEN_LINES, clock);
  let isLogged = false;

  function logChange(before: number): void {
    if (used > soft && before <= soft && mayLog()) {
      isLogged = true;
      log.warn(`requests are refused until memory is free: ${why()}`);
    }
    if (used <= soft && isLogged) {
      isLogged = false;
      log.info('memory is below its limit again: requests are accepted');
    }
  }

  const why = () =>
    `${Math.ceil(used / MIB)} MiB of memory are in use, and the limit is ${soft / MIB} MiB (memory_limiter)`;

  return {
    check() {
      const before = used;
      used = measure();
      if (used > soft && mayCollect()) {
        collect();
        used = measure();
      }
      logChange(before);
    },
    refusing: () => (used > soft ? `requests are refused: ${why()}` : undefined),
    guard(handle) {
      return async (request) => {
        if (used <= soft) return handle(request);
        counters.add('requests', 1, 'overloaded');
        counters.add('memory_refused');
        return { kind: 'overloaded', retryAfter: RETRY_AFTER, why: why() };
      };
    },
  };
}

/** Whether it may be done now; at most once in this time. */
function atMostEvery(micros: number, clock: Clock): () => boolean {
  let last: number | undefined;
  return () => {
    const now = clock();
    // The clock may have stepped back.
    if (last !== undefined && Math.abs(now - last) < micros) return false;
    last = now;
    return true;
  };
}
