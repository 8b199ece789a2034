import type { QueueOptions } from '../../config/target.ts';
import { MemoryOutbox } from '../../correlate/memory-outbox.ts';
import { dispatch } from '../../export/dispatch.ts';
import type { Delivery, Destination } from '../../model/risk.ts';
import type { Level } from '../../model/rule.ts';
import type { Outbox } from '../../model/state.ts';
import { wallClock } from '../../ops/clock.ts';
import { createCounters } from '../../ops/counter-store.ts';
import { SCORES } from '../../semantics/level-scores.ts';
import { destinationsFor } from '../../setup/destinations.ts';
import { settingsFor } from '../../setup/settings.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';
import { testEvent } from './test-event.ts';

export interface SendTestOptions {
  readonly config?: string;
  readonly level?: Level;
  /** Without it the usual one of the level. */
  readonly score?: number;
}

/** Sends a test event to every destination, whatever the routes say, and prints the answers. Resolves with the exit code. */
export async function sendTest({
  config,
  level = 'informational',
  score = SCORES[level],
}: SendTestOptions): Promise<number> {
  const { targets, resource, config: loaded } = await settingsFor(config);
  const queues = new Map(targets.map(({ name, queue }) => [name, queue]));
  const destinations = destinationsFor(targets, loaded.place);
  const outbox = new MemoryOutbox([...queues.keys()]);
  const now = wallClock();
  const event = testEvent(now, { level, score, resource });
  outbox.add([event], now);
  // It gives what it has, and then nothing.
  await outbox.stop(AbortSignal.abort());
  const answers = await Promise.all(
    destinations.map(async (destination) => {
      const answer = await answerOf(destination, outbox, queues.get(destination.name)!);
      await destination.stop();
      return answer;
    }),
  );
  const rows = destinations.map(({ name, target }, i) => [name, target, textOf(answers[i])]);
  const print = printer(process.stdout);
  await print(columns([['DESTINATION', 'TARGET', 'ANSWER'], ...rows]));
  await print(`the test event has the log.record.uid ${event.uid}\n`);
  return answers.every(isAccepted) ? 0 : 1;
}

/** The answer to one delivery attempt. */
async function answerOf(
  destination: Destination,
  outbox: Outbox,
  queue: QueueOptions,
): Promise<Delivery | undefined> {
  const enough = new AbortController();
  let answer: Delivery | undefined;
  const once: Destination = {
    name: destination.name,
    target: destination.target,
    async send(events, by) {
      answer = await destination.send(events, by);
      if (answer.kind === 'retry') enough.abort();
      return answer;
    },
    stop: () => destination.stop(),
  };
  const silent = () => {};
  await dispatch(outbox, once, { ...queue, report: silent, lost: silent }, createCounters()).stop(
    enough.signal,
  );
  return answer;
}

const isAccepted = (answer: Delivery | undefined): boolean =>
  answer?.kind === 'delivered' && (answer.rejected ?? 0) === 0;

function textOf(answer: Delivery | undefined): string {
  switch (answer?.kind) {
    case 'delivered':
      if (!isAccepted(answer)) return `rejected: ${answer.why ?? ''}`;
      return answer.why ? `accepted, with a warning: ${answer.why}` : 'accepted';
    case 'refused':
      return `refused for good: ${answer.why}`;
    case 'retry':
      return `not accepted: ${answer.why}`;
    default:
      return 'nothing was sent';
  }
}
