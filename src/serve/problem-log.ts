import type { CounterName } from '../model/counters.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';

/** Logs problems without flooding the log. */
export interface ProblemLog {
  /** Logs a problem at once the first time. Repeats are counted, and logged at most once a minute with the latest reason. */
  report(what: string, why: string, times?: number): void;
  /** Call this once a minute. */
  minute(): void;
}

/** Kinds of reasons that are logged one by one. Further kinds are counted under their problem alone. */
const REASONS_MAX = 32;
/** A reason with its sender, if that is known. */
export const fromSender = (why: string, sender: string | undefined): string =>
  sender === undefined ? why : `${why} (from ${sender})`;

/** Where two reasons of one kind may differ: their sender, numbers, quoted text, paths. */
const SPECIFIC = / \(from [^)]*\)$|"[^"]*"|'[^']*'|\/\S+|\d+/g;

/** Counters that are problems, each with what a person can do. */
const COUNTED: readonly (readonly [CounterName, string, string])[] = [
  [
    'hits_late_dropped',
    'hits came after their window had closed and were dropped (late: drop)',
    'the sender is behind; window.lateness sets how long windows wait',
  ],
  [
    'hits_late',
    "hits came later than their rule's lateness allows",
    'the sender is behind; window.lateness sets how long windows wait',
  ],
  [
    'outbox_dropped',
    'risk events were dropped because the queue of their destination was full (on_full: drop_oldest)',
    'the log says what the destination answers; sending_queue.queue_size is how many may wait',
  ],
  ['state_evicted', 'groups gave way to others', 'limits.state_mib limits all windows together'],
  ['groups_evicted', 'groups gave way to others', 'limits.groups limits the groups of a rule'],
];

interface Problem {
  readonly what: string;
  /** Repeats since the last line about it. */
  times: number;
  why: string;
}

export function problemLog(counters: ReadableCounters, log: Log): ProblemLog {
  /** By problem and kind of reason. */
  const recent = new Map<string, Problem>();
  const logged = new Map<CounterName, number>();

  function logRepeats(): void {
    for (const [key, problem] of recent) {
      const { what, times, why } = problem;
      if (times === 0) recent.delete(key);
      else log.warn(`${what} (${times} more in the last minute); latest reason: ${why}`);
      problem.times = 0;
    }
  }

  function logCounted(): void {
    for (const [name, what, advice] of COUNTED) {
      // Dropped hits have a line of their own.
      const total = counters.total(name) - (name === 'hits_late' ? counters.total('hits_late_dropped') : 0);
      const more = total - (logged.get(name) ?? 0);
      logged.set(name, total);
      if (more > 0) log.warn(`${what} (${more} in the last minute): ${advice}`);
    }
  }

  return {
    report(what, why, times = 1) {
      const key = recent.size < REASONS_MAX ? `${what} ${why.replace(SPECIFIC, '')}` : what;
      const problem = recent.get(key);
      if (problem) {
        problem.times += times;
        problem.why = why;
        return;
      }
      recent.set(key, { what, times: 0, why });
      log.warn(`${what}${times > 1 ? ` (${times})` : ''}: ${why}`);
    },
    minute() {
      logRepeats();
      logCounted();
    },
  };
}
