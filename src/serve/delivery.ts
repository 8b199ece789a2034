import { DEFAULT_QUEUE } from '../config/outputs.ts';
import type { QueueOptions } from '../config/target.ts';
import { dispatch } from '../export/dispatch.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { Destination } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';
import type { ProblemLog } from './problem-log.ts';
import type { StartedPart } from './started-parts.ts';

/** Sends the risk events of an outbox to all destinations. Its stop waits until the outbox has stopped and is empty. */
export interface RiskDelivery extends StartedPart {
  /** Tries again at once where a destination asked to wait: a stop leaves no time for that. */
  hurry(): void;
}

export function startDelivery(
  outbox: Outbox,
  destinations: readonly Destination[],
  queues: ReadonlyMap<string, QueueOptions>,
  deadLetters: DeadLetters | undefined,
  problems: ProblemLog,
  counters: ReadableCounters,
  log: Log,
): RiskDelivery {
  const dispatchers = destinations.map((destination) => {
    const { batch, initialInterval, maxInterval } = queues.get(destination.name) ?? DEFAULT_QUEUE;
    const options = {
      batch,
      initialInterval,
      maxInterval,
      deadLetters,
      report: problems.report,
      lost: (text: string) => log.error(text),
    };
    return dispatch(outbox, destination, options, counters);
  });
  return {
    hurry() {
      for (const dispatcher of dispatchers) dispatcher.hurry();
    },
    async stop(by) {
      for (const dispatcher of dispatchers) await dispatcher.stop(by);
      for (const destination of destinations) await destination.stop();
    },
  };
}
