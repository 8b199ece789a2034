import { read } from '../../audit/read.ts';
import type { Counters } from '../../model/counters.ts';
import type { Hit, Idle } from '../../model/hit.ts';
import type { Micros } from '../../model/time.ts';
import { type Detector, find } from '../../pipeline.ts';
import type { FileLine } from './file-line.ts';
import { recordingOf } from './file-lines.ts';
import { LineReading, lineRequest, type ReadingOptions } from './line-reading.ts';
import { readingFault } from './reading-fault.ts';
import type { ReplayInput } from './replay-inputs.ts';
import { untilStopped } from './until-stopped.ts';

/** Bytes that are read ahead to find the first time in a recording. */
const AHEAD_MAX = 2 ** 24;
/** Memory of a line besides its text, in bytes. */
const LINE_COST = 400;

/** One input, read up to its first event that has a time. */
export interface OpenRecording {
  /** The time of that event; undefined without one. */
  readonly start: Micros | undefined;
  /**
   * The hits in its own order. An event without a readable time gets the time of the newest event before it. If there is none,
   * it gets the start of the recording, or `since`.
   */
  hits(since: Micros): AsyncGenerator<Hit>;
}

export interface RecordingOptions extends ReadingOptions {
  readonly progress: (bytes: number) => void;
  readonly idle: Idle;
  /** Ends all recordings where they are. */
  readonly stop?: AbortSignal | undefined;
}

export async function openRecording(
  input: ReplayInput,
  detector: Detector,
  counters: Counters,
  options: RecordingOptions,
): Promise<OpenRecording> {
  const lines = readable(input, options, counters);
  const { ahead, start } = await readAhead(lines, detector);
  return { start, hits };

  async function* hits(since: Micros): AsyncGenerator<Hit> {
    const reading = new LineReading(input.name, options, start ?? since);
    for await (const some of all(ahead, lines))
      for (let next = 0; next < some.length; next += reading.taken) {
        const request = reading.begin(some, next);
        if (request === undefined) continue;
        const found = await find(request, reading.read, detector, counters, options.idle);
        reading.end(found);
        if (!('malformed' in found)) yield* found.hits;
      }
  }
}

/** The lines up to the first one that has a time, and that time. */
async function readAhead(lines: AsyncGenerator<readonly FileLine[]>, { plan }: Detector) {
  const ahead: (readonly FileLine[])[] = [];
  let start: Micros | undefined;
  for (let held = 0; start === undefined && held < AHEAD_MAX; ) {
    const { value: some, done } = await lines.next();
    if (done) break;
    ahead.push(some);
    for (const line of some) {
      held += LINE_COST + (line.bytes?.length ?? 0);
      if (line.bytes === undefined || start !== undefined) continue;
      await read(lineRequest(line, 0 as Micros), plan, (_, { at }) => {
        if (at > 0) start ??= at;
      });
    }
  }
  return { ahead, start };
}

/** The lines that were read ahead, then the rest. They are released when they are yielded: from the end of a list, so that no others move. */
async function* all(
  ahead: (readonly FileLine[])[],
  rest: AsyncGenerator<readonly FileLine[]>,
): AsyncGenerator<readonly FileLine[]> {
  ahead.reverse();
  for (let some = ahead.pop(); some !== undefined; some = ahead.pop()) yield some;
  yield* rest;
}

/** The lines of an input, as far as it can be read. */
async function* readable(
  input: ReplayInput,
  { progress, tally, stop }: RecordingOptions,
  counters: Counters,
): AsyncGenerator<readonly FileLine[]> {
  try {
    const lines = recordingOf(input.path, progress, (count) => counters.add('nul_bytes', count));
    yield* stop === undefined ? lines : untilStopped(lines, stop);
  } catch (error) {
    const why = readingFault(error);
    if (why === undefined) throw error;
    tally.unread.push(`${input.name}  cannot be read: ${why}`);
  }
}
