import type { Counters } from '../model/counters.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { Destination } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';
import type { Report } from './batch.ts';
import { bisecting } from './bisection.ts';
import { doubting } from './doubt.ts';
import { Outage } from './outage.ts';
import { OutboxBatches } from './outbox-batches.ts';
import { type PauseOptions, Pauses } from './pauses.ts';
import { retrying } from './retry.ts';
import { settling } from './settle.ts';

export interface DispatchOptions extends PauseOptions {
  /** Events an attempt carries at most. */
  readonly batch: number;
  readonly report: Report;
  /** Where refused events are kept; without it they are lost. */
  readonly deadLetters?: DeadLetters | undefined;
  /** Called at the end, with what is lost. */
  readonly lost: (text: string) => void;
}

export interface Dispatcher {
  /**
   * A stop is near: ends the pause in progress, and ignores from now on the time that the destination names. Where the outbox
   * keeps what waits, nothing is tried again.
   */
  hurry(): void;
  /**
   * Drains what the outbox holds, then resolves. Stop the state first: until then the outbox waits for more. When `by` aborts,
   * gives up; what the destination did not accept is counted export_lost (a durable outbox still has it). Twice is fine.
   */
  stop(by: AbortSignal): Promise<void>;
}

/**
 * Drains an outbox to one destination until stopped, through a chain of senders. Each has a file, knows only the next one,
 * and keeps its own state; what goes between them are plain values.
 *
 *     outbox
 *       |                                      ^
 *       | take: a batch                        | settle
 *       v                                      |
 *     OutboxBatches -----> settle (settles in the outbox, counts, keeps and reports what was refused)
 *            |               |                 ^
 *            |               | batch           | parts of it, each with the destination's decision
 *            |               v                 |
 *            +---------> bisection (halves what is refused until the offending event is alone)
 *            more events     |                 ^
 *            to test a       | part            | decision | in doubt | stopped
 *            doubtful one    v                 |
 *                        doubt (HTTP 500: is it about the data?)
 *                            |                 ^
 *                            | batch, patience | decision | doubtful | stopped
 *                            v                 |
 *                        retry (Pauses between attempts; Outage reports that they fail)
 *                            |                 ^
 *                            | events          | Delivery: delivered | refused | retry
 *                            v                 |
 *                        Destination.send (one delivery attempt)
 *
 * One batch at a time: nothing else is sent until it is delivered or refused (and what was refused is kept), however long that
 * takes. Meanwhile the queue of the destination fills. Several destinations have a chain each.
 */
export function dispatch(
  outbox: Outbox,
  destination: Destination,
  options: DispatchOptions,
  counters: Counters,
): Dispatcher {
  const { name } = destination;
  const { report } = options;
  const batches = new OutboxBatches(outbox, destination, options.batch);
  const pauses = new Pauses(options);
  const retry = retrying(destination, pauses, new Outage(destination, report), counters);
  const bisect = bisecting(doubting(retry, destination.requestKey), () => batches.now());
  const { deadLetters: letters } = options;
  const keeping = letters && { letters, pauses: new Pauses(options) };
  const settle = settling(bisect, outbox, name, counters, report, keeping);
  const ended = new AbortController();

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      const batch = await batches.next(ended.signal);
      if (!batch || batch.length === 0) return;
      await settle(batch, ended.signal);
    }
  }

  async function finish(): Promise<void> {
    await running;
    const left = ended.signal.aborted && !outbox.keeps ? outbox.left(name) : 0;
    if (left === 0) return;
    counters.add('export_lost', left, name);
    options.lost(`${left} risk events were not delivered to ${name} in time`);
  }

  const running = run();
  let finished: Promise<void> | undefined;
  return {
    hurry() {
      if (outbox.keeps) pauses.end();
      else pauses.hurry();
      keeping?.pauses.hurry();
    },
    stop(by) {
      if (by.aborted) ended.abort();
      else by.addEventListener('abort', () => ended.abort(), { once: true });
      finished ??= finish();
      return finished;
    },
  };
}
