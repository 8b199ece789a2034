import { cost } from '../../correlate/collected-values.ts';
import type { Counters } from '../../model/counters.ts';
import type { Hit } from '../../model/hit.ts';
import type { Micros } from '../../model/time.ts';
import type { Detector } from '../../pipeline.ts';
import { merged } from './merge-by-time.ts';
import { type OpenRecording, openRecording, type RecordingOptions } from './read-recording.ts';
import type { ReplayInput } from './replay-inputs.ts';

/** Room for hits that wait to be put in order, for all files together. */
const ROOM = { things: 100_000, bytes: 64 * 2 ** 20 };
/** Memory of a hit besides its values, in bytes. */
const HIT_COST = 400;

/** The hits of all inputs by event time. */
export async function hitsInOrder(
  inputs: readonly ReplayInput[],
  detector: Detector,
  counters: Counters,
  options: RecordingOptions,
): Promise<AsyncIterable<Hit>> {
  const recordings: OpenRecording[] = [];
  for (const input of inputs) recordings.push(await openRecording(input, detector, counters, options));
  // A recording without any time gets the start of the others; without others, the time of its file.
  const starts = recordings.flatMap(({ start }) => start ?? []);
  const latest = starts.length === 0 ? undefined : (Math.max(...starts) as Micros);
  return merged(
    recordings.map((recording, i) => recording.hits(latest ?? inputs[i]!.modified)),
    ROOM,
    ({ values }) => HIT_COST + cost(values),
  );
}
