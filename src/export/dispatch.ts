import type { Counters } from '../model/counters.ts';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';
import type { Ms } from '../model/time.ts';
import { unlessAborted } from './abort.ts';
import { backoff, wait as realWait } from './backoff.ts';

export interface DispatchOptions {
  /** Events an attempt carries at most. */
  readonly batch: number;
  readonly initialBackoff: Ms;
  readonly maxBackoff: Ms;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** Resolves after `ms`, or as soon as `by` aborts. */
  readonly wait?: (ms: Ms, by: AbortSignal) => Promise<void>;
  readonly log: (level: 'warn' | 'error', text: string) => void;
}

type Batch = readonly { readonly seq: number; readonly event: RiskEvent }[];
type Settled = Exclude<Delivery, { readonly kind: 'retry' }>;

/** Reasons told of one outage; a flapping network has more, and they add nothing. */
const REASONS_MAX = 8;

/**
 * Drains an outbox to one destination until stopped: take, send, settle. A batch is kept, and nothing else is sent,
 * until it is delivered or refused, however long that takes; the outbox fills meanwhile and senders are told so.
 * A refused batch is halved until the offending events stand alone, so that one bad event never takes its
 * neighbours along; what is refused alone is dead: counted, and told once a batch.
 */
export function dispatch(
  outbox: Outbox,
  destination: Destination,
  options: DispatchOptions,
  counters: Counters,
): {
  /**
   * Drains what the outbox holds, then resolves. Stop the state first: until then the outbox waits for more. When `by` aborts,
   * gives up; what no destination took is counted export_lost (a durable outbox still has it). Twice is fine.
   */
  stop(by: AbortSignal): Promise<void>;
} {
  const { name, target } = destination;
  const { log, random = Math.random, wait = realWait } = options;
  const ended = new AbortController();

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      const batch = await unlessAborted(outbox.take(name, options.batch), ended.signal);
      if (!batch || batch.length === 0) return;
      await deliver(batch);
    }
  }

  async function deliver(batch: Batch): Promise<void> {
    const parts = [batch];
    let dead = 0;
    let why = '';
    for (let part = parts.pop(); part; part = parts.pop()) {
      const outcome = await attempts(part);
      if (!outcome) break;
      if (outcome.kind === 'refused' && part.length > 1) {
        const half = part.length >> 1;
        parts.push(part.slice(half), part.slice(0, half));
        continue;
      }
      const lost = outcome.kind === 'refused' ? part.length : Math.min(outcome.rejected ?? 0, part.length);
      const seq = part.map((entry) => entry.seq);
      await outbox.settle(name, seq, outcome.kind === 'refused' ? 'dead' : 'delivered');
      if (lost < part.length) counters.add('exported', part.length - lost, name);
      if (lost > 0) counters.add('export_dead', lost, name);
      dead += lost;
      why ||= outcome.why ?? '';
    }
    if (dead > 0) log('error', `${name} refused ${dead} of ${batch.length} risk events for good: ${why}`);
    else if (why !== '') warn(why);
  }

  /** Attempts until the destination has decided; undefined when given up. */
  async function attempts(part: Batch): Promise<Settled | undefined> {
    const events = part.map((entry) => entry.event);
    const told = new Set<string>();
    for (let failures = 0; ; ) {
      const outcome = await destination.send(events, ended.signal);
      if (outcome.kind !== 'retry') {
        if (failures > 0) log('warn', `${name} answers again after ${failures} failed attempts`);
        return outcome;
      }
      if (ended.signal.aborted) return undefined;
      failures++;
      counters.add('export_retries', 1, name);
      if (!told.has(outcome.why) && told.size < REASONS_MAX) {
        told.add(outcome.why);
        log('warn', `${name} (${target}) does not take risk events, trying on: ${outcome.why}`);
      }
      const pause = backoff(failures, options.initialBackoff, options.maxBackoff, random);
      await wait(Math.max(pause, outcome.after ?? 0) as Ms, ended.signal);
      if (ended.signal.aborted) return undefined;
    }
  }

  let warned = '';
  /** A receiver that took everything may still complain, with every batch. */
  function warn(why: string): void {
    if (why === warned) return;
    warned = why;
    log('warn', `${name} took all risk events, and says: ${why}`);
  }

  async function finish(): Promise<void> {
    await running;
    const left = ended.signal.aborted ? outbox.size : 0;
    if (left === 0) return;
    counters.add('export_lost', left, name);
    log('error', `${left} risk events were not delivered to ${name} in time`);
  }

  const running = run();
  let finished: Promise<void> | undefined;
  return {
    stop(by) {
      if (by.aborted) ended.abort();
      else by.addEventListener('abort', () => ended.abort(), { once: true });
      finished ??= finish();
      return finished;
    },
  };
}
