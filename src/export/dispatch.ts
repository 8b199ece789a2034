import { unlessAborted } from '../lib/aborted.ts';
import type { Counters } from '../model/counters.ts';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';
import type { Ms } from '../model/time.ts';
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
  /** Told of what goes wrong and what comes right again, as often as it does. */
  readonly report: (what: string, why: string, times?: number) => void;
  /** Told of what is lost at the end. */
  readonly lost: (text: string) => void;
}

type Batch = readonly { readonly seq: number; readonly event: RiskEvent }[];
type Settled = Exclude<Delivery, { readonly kind: 'retry' }>;

/** Some events of a batch that are sent together. */
interface Part {
  readonly batch: Batch;
  /** How many parts the destination had taken when this one was doubted last. */
  readonly doubtedAt?: number;
}

/** Reasons told of one outage; a flapping network has more, and they add nothing. */
const REASONS_MAX = 8;
/** Doubtful answers to events that were not doubted before until others are tried in between. */
const DOUBTS_MAX = 2;

export interface Dispatcher {
  /** The last chance has come: ends the pause under way, and waits for no time that the destination named any more. */
  hurry(): void;
  /**
   * Drains what the outbox holds, then resolves. Stop the state first: until then the outbox waits for more. When `by` aborts,
   * gives up; what the destination did not take is counted export_lost (a durable outbox still has it). Twice is fine.
   */
  stop(by: AbortSignal): Promise<void>;
}

/**
 * Drains an outbox to one destination until stopped: take, send, settle. A batch is kept, and nothing else is sent,
 * until it is delivered or refused, however long that takes; the outbox fills meanwhile and senders are told so.
 * A refused batch is halved until the offending events stand alone, so that one bad event never takes its
 * neighbours along; what is refused alone is dead: counted, and told once a batch.
 * Where an answer may be about the data or may pass (HTTP 500), it is about the data if the destination takes something
 * else and then gives it again: so others are tried in between, and while it takes nothing nobody is dead.
 */
export function dispatch(
  outbox: Outbox,
  destination: Destination,
  options: DispatchOptions,
  counters: Counters,
): Dispatcher {
  const { name, target } = destination;
  const { report: tell, random = Math.random, wait = realWait } = options;
  const ended = new AbortController();
  const hurried = new AbortController();
  const told = new Set<string>();
  let failures = 0;
  let taken = 0;
  let ahead: Promise<Batch> | undefined;

  const next = () => {
    ahead ??= outbox.take(name, options.batch);
    return ahead;
  };

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      const batch = await unlessAborted(next(), ended.signal);
      ahead = undefined;
      if (!batch || batch.length === 0) return;
      await deliver(batch);
    }
  }

  async function deliver(all: Batch): Promise<void> {
    const parts: Part[] = [{ batch: all }];
    let dead = 0;
    let why = '';
    for (let part = parts.shift(); part; part = parts.shift()) {
      const { batch } = part;
      const outcome = await attempts(part);
      if (!outcome) break;
      if (outcome === 'doubtful') {
        // Where it stands alone, company is wanted.
        const more = parts.length === 0 && batch.length === 1 ? await waiting() : [];
        if (more.length > 0) parts.push({ batch: more });
        parts.push(...halves(batch).map((half) => ({ batch: half, doubtedAt: taken })));
        continue;
      }
      if (outcome.kind === 'refused' && batch.length > 1) {
        parts.unshift(...halves(batch).map((half) => ({ ...part, batch: half })));
        continue;
      }
      const lost = outcome.kind === 'refused' ? batch.length : Math.min(outcome.rejected ?? 0, batch.length);
      const seq = batch.map((entry) => entry.seq);
      await outbox.settle(name, seq, outcome.kind === 'refused' ? 'dead' : 'delivered');
      if (outcome.kind === 'delivered') taken++;
      if (lost < batch.length) counters.add('exported', batch.length - lost, name);
      if (lost > 0) counters.add('export_dead', lost, name);
      dead += lost;
      why ||= outcome.why ?? '';
    }
    if (dead > 0) tell(`risk events were refused by ${name} for good, and are lost there`, why, dead);
    else if (why !== '') warn(why);
  }

  /** Attempts until the destination has decided, or cannot be believed; undefined when given up. */
  async function attempts({ batch, doubtedAt }: Part): Promise<Settled | 'doubtful' | undefined> {
    const events = batch.map((entry) => entry.event);
    for (let doubts = 1; ; doubts++) {
      const outcome = await destination.send(events, ended.signal);
      const again = outcome.kind === 'retry';
      if (!again || (outcome.doubtful && doubtedAt !== undefined && doubtedAt < taken)) {
        if (failures > 0) tell(`${name} takes risk events again`, `failed attempts until then: ${failures}`);
        failures = 0;
        told.clear();
        return again ? { kind: 'refused', why: outcome.why } : outcome;
      }
      if (ended.signal.aborted) return undefined;
      failures++;
      counters.add('export_retries', 1, name);
      if (!told.has(outcome.why) && told.size < REASONS_MAX) {
        told.add(outcome.why);
        tell(`${name} (${target}) does not take risk events, trying on`, outcome.why);
      }
      await pause(outcome.after ?? 0);
      if (ended.signal.aborted) return undefined;
      if (!outcome.doubtful) doubts = 0;
      else if (doubts >= DOUBTS_MAX || doubtedAt !== undefined) return 'doubtful';
    }
  }

  async function pause(named: number): Promise<void> {
    const own = backoff(failures, options.initialBackoff, options.maxBackoff, random);
    if (hurried.signal.aborted) await wait(own, ended.signal);
    else await wait(Math.max(own, named) as Ms, AbortSignal.any([ended.signal, hurried.signal]));
  }

  /** What the outbox has now; empty where it has nothing. */
  async function waiting(): Promise<Batch> {
    const batch = await Promise.race([next(), Promise.resolve(undefined)]);
    if (batch === undefined) return [];
    ahead = undefined;
    return batch;
  }

  let warned = '';
  /** A receiver that took everything may still complain, with every batch. */
  function warn(why: string): void {
    if (why === warned) return;
    warned = why;
    tell(`${name} took all risk events, and says`, why);
  }

  async function finish(): Promise<void> {
    await running;
    const left = ended.signal.aborted ? outbox.left(name) : 0;
    if (left === 0) return;
    counters.add('export_lost', left, name);
    options.lost(`${left} risk events were not delivered to ${name} in time`);
  }

  const running = run();
  let finished: Promise<void> | undefined;
  return {
    hurry() {
      hurried.abort();
      failures = 0;
    },
    stop(by) {
      if (by.aborted) ended.abort();
      else by.addEventListener('abort', () => ended.abort(), { once: true });
      finished ??= finish();
      return finished;
    },
  };
}

/** One of an event alone. */
function halves(batch: Batch): readonly Batch[] {
  const half = batch.length >> 1;
  return half === 0 ? [batch] : [batch.slice(0, half), batch.slice(half)];
}
