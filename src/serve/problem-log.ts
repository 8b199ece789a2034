import type { CounterName } from '../model/counters.ts';
import type { Verdict } from '../model/request.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';

/** What goes wrong while it runs, told without flooding the log. */
export interface ProblemLog {
  /** The first time at once; what comes within a minute of it is told together, with the last reason. */
  report(what: string, why: string, times?: number): void;
  /** A request's end, where it is one that somebody should know of. */
  verdict(verdict: Verdict): void;
  /** To be called once a minute. */
  minute(): void;
}

/** Kinds of reasons that are told apart; with more, what goes wrong is told as one. */
const REASONS_MAX = 32;
/** What differs between two reasons of one kind: numbers, what is quoted, paths. */
const SPECIFIC = /"[^"]*"|'[^']*'|\/\S+|\d+/g;

/** Counters that say by themselves that something is wrong, and what a person can do. */
const COUNTED: readonly (readonly [CounterName, string, string])[] = [
  [
    'hits_late_dropped',
    'hits came after their window had closed and were dropped (late: drop)',
    'the sender is behind; window.lateness says how long windows wait',
  ],
  [
    'hits_late',
    "hits came later than their rule's lateness allows",
    'the sender is behind; window.lateness says how long windows wait',
  ],
  ['state_evicted', 'groups were closed early to make room', 'limits.state_mib is what all windows may hold'],
  ['groups_evicted', 'groups were closed early to make room', 'limits.groups is what a rule may hold'],
];

export function problemLog(counters: ReadableCounters, log: Log): ProblemLog {
  /** By what goes wrong and the kind of reason. */
  const open = new Map<string, { readonly what: string; times: number; why: string }>();
  const seen = new Map<CounterName, number>();

  function tell(what: string, why: string, times = 1): void {
    const key = open.size < REASONS_MAX ? `${what} ${why.replace(SPECIFIC, '')}` : what;
    const known = open.get(key);
    if (known) {
      known.times += times;
      known.why = why;
      return;
    }
    open.set(key, { what, times: 0, why });
    log.warn(`${what}${times > 1 ? ` (${times})` : ''}: ${why}`);
  }

  return {
    report: tell,
    verdict(verdict) {
      if (verdict.kind === 'malformed')
        tell('requests were malformed and refused for good; their senders drop them', verdict.why);
      else if (verdict.kind === 'overloaded') tell('requests were refused and may come again', verdict.why);
      else if (verdict.kind === 'accepted' && verdict.rejected > 0)
        tell(
          'malformed records were rejected and their neighbours taken',
          verdict.why ?? '',
          verdict.rejected,
        );
    },
    minute() {
      for (const [key, trouble] of open) {
        const { what, times, why } = trouble;
        if (times === 0) open.delete(key);
        else log.warn(`${what} (${times} more in the last minute); the last: ${why}`);
        trouble.times = 0;
      }
      for (const [name, what, why] of COUNTED) {
        // Those that were dropped have their own line.
        const total = counters.total(name) - (name === 'hits_late' ? counters.total('hits_late_dropped') : 0);
        const more = total - (seen.get(name) ?? 0);
        seen.set(name, total);
        if (more > 0) log.warn(`${what} (${more} in the last minute): ${why}`);
      }
    },
  };
}
