import { read } from '../../audit/read.ts';
import type { Counters } from '../../model/counters.ts';
import type { ReadRequest } from '../../model/event.ts';
import type { Hit, Idle } from '../../model/hit.ts';
import type { Request } from '../../model/request.ts';
import type { Micros } from '../../model/time.ts';
import { type Detector, find } from '../../pipeline.ts';
import type { FileLine } from './file-line.ts';
import { recordingOf } from './file-lines.ts';
import type { InputTally } from './input-tally.ts';
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

export interface RecordingOptions {
  readonly cluster: string | undefined;
  /** Events from `from` on and before `to` are looked at; others are only counted. */
  readonly times: { readonly from: Micros | undefined; readonly to: Micros | undefined };
  readonly progress: (bytes: number) => void;
  readonly tally: InputTally;
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
  const { tally } = options;
  const { from = 0, to = Number.POSITIVE_INFINITY } = options.times;
  const lines = readable(input, options, counters);
  const { ahead, start } = await readAhead(lines, detector);
  return { start, hits };

  async function* hits(since: Micros): AsyncGenerator<Hit> {
    let newest = start ?? since;
    let counted = 0;
    let outside = 0;
    const reading: ReadRequest = (request, plan, visit) => {
      outside = 0;
      return read(request, plan, (event, about) => {
        if (about.at > newest) newest = about.at;
        if (about.at >= from && about.at < to) {
          tally.look(about.at);
          visit(event, about);
        } else outside++;
      });
    };
    for await (const line of all(ahead, lines)) {
      const where = `${input.name}:${line.number}`;
      // Several documents of one line may come one by one.
      if (line.number !== counted) tally.lines++;
      counted = line.number;
      if (line.bytes === undefined) {
        tally.unread.push(`${where}  ${tooLarge(line)}`);
        continue;
      }
      const cluster = options.cluster === undefined ? {} : { cluster: options.cluster };
      const request = { ...requestOf(line.bytes, line.shape, newest), ...cluster };
      const found = await find(request, reading, detector, counters, options.idle);
      tally.outside += outside;
      if ('malformed' in found) tally.addMalformed(where, found.malformed);
      else {
        if (found.rejected > 0) tally.addMalformed(where, found.why ?? 'malformed');
        yield* found.hits;
      }
    }
  }
}

const tooLarge = ({ shape, document }: FileLine): string =>
  shape === 'otlp' ? REQUEST_TOO_LARGE : document ? DOCUMENT_TOO_LARGE : LINE_TOO_LONG;

const REQUEST_TOO_LARGE = 'the OTLP request is larger than 64 MiB and was not read';
const LINE_TOO_LONG = 'the line is longer than 64 MiB and was not read';
const DOCUMENT_TOO_LARGE =
  "the document is larger than 64 MiB and was not read; put each event on a line of its own (jq -c '.items[]')";

const requestOf = (bytes: Uint8Array, shape: FileLine['shape'], arrived: Micros): Request => ({
  bytes,
  shape: shape ?? 'line',
  arrived,
  headers: new Map(),
});

/** The lines up to the first one that has a time, and that time. */
async function readAhead(lines: AsyncGenerator<FileLine>, { plan }: Detector) {
  const ahead: FileLine[] = [];
  let start: Micros | undefined;
  for (let held = 0; start === undefined && held < AHEAD_MAX; ) {
    const { value: line, done } = await lines.next();
    if (done) break;
    ahead.push(line);
    held += LINE_COST + (line.bytes?.length ?? 0);
    if (line.bytes !== undefined)
      await read(requestOf(line.bytes, line.shape, 0 as Micros), plan, (_, { at }) => {
        if (at > 0) start ??= at;
      });
  }
  return { ahead, start };
}

/** The lines that were read ahead, then the rest. A line is released when it is yielded: from the end of a list, so that no other line moves. */
async function* all(ahead: FileLine[], rest: AsyncGenerator<FileLine>): AsyncGenerator<FileLine> {
  ahead.reverse();
  for (let line = ahead.pop(); line !== undefined; line = ahead.pop()) yield line;
  yield* rest;
}

/** The lines of an input, as far as it can be read. */
async function* readable(
  input: ReplayInput,
  { progress, tally, stop }: RecordingOptions,
  counters: Counters,
): AsyncGenerator<FileLine> {
  try {
    const lines = recordingOf(input.path, progress, (count) => counters.add('nul_bytes', count));
    yield* stop === undefined ? lines : untilStopped(lines, stop);
  } catch (error) {
    const why = readingFault(error);
    if (why === undefined) throw error;
    tally.unread.push(`${input.name}  cannot be read: ${why}`);
  }
}
