import { DEFAULT_QUEUE } from '../../config/outputs.ts';
import { plainText } from '../../lib/plain-text.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { State } from '../../model/state.ts';
import type { ReadableCounters } from '../../ops/counter-store.ts';
import type { Detector } from '../../pipeline.ts';
import { hitsInOrder } from './hits-in-order.ts';
import { InputTally } from './input-tally.ts';
import { play } from './play.ts';
import { progressBar } from './progress.ts';
import type { RecordingOptions } from './read-recording.ts';
import type { ReplayInput } from './replay-inputs.ts';

/** The windows, and the destination of which `take` gets the risk events. */
interface Played {
  readonly state: State;
  readonly to: string;
  readonly take: (events: readonly RiskEvent[]) => Promise<void> | void;
}

/** Reads all inputs, with progress and faults on `err`, and plays their hits. Resolves with what was read. */
export async function playInputs(
  inputs: readonly ReplayInput[],
  detector: Detector,
  counters: ReadableCounters,
  options: Omit<RecordingOptions, 'progress' | 'tally'>,
  { state, to, take }: Played,
  err: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Promise<InputTally> {
  const bar = progressBar(
    inputs.reduce((sum, { size }) => sum + size, 0),
    err,
    () => counters.total('events'),
  );
  const tally = new InputTally((text) => bar.say(plainText(text)));
  try {
    const hits = await hitsInOrder(inputs, detector, counters, { ...options, progress: bar.add, tally });
    await play(hits, state, to, DEFAULT_QUEUE.batch, take);
  } finally {
    bar.stop();
  }
  return tally;
}
