import { read } from '../../audit/read.ts';
import type { Counters } from '../../model/counters.ts';
import type { Hit, Idle } from '../../model/hit.ts';
import type { Micros } from '../../model/time.ts';
import { type Detector, find } from '../../pipeline.ts';
import { UserError } from '../user-error.ts';
import { linesOf } from './lines.ts';

/** Malformed lines that are named one by one; the others are only counted. */
const NAMED_MAX = 20;

/** What was read so far, over all files. */
export interface Tally {
  lines: number;
  malformed: number;
}

/** The hits in one file, in its own order. Malformed lines are reported and passed over; a file that cannot be read is a UserError. */
export async function* hitsOf(
  file: string,
  detector: Detector,
  counters: Counters,
  options: {
    readonly cluster: string | undefined;
    readonly tally: Tally;
    readonly progress: (bytes: number) => void;
    readonly report: (text: string) => void;
    readonly idle: Idle;
  },
): AsyncGenerator<Hit> {
  const { tally, report } = options;
  const name = file === '-' ? 'standard input' : file;
  const malformed = (line: number, why: string) => {
    tally.malformed++;
    if (tally.malformed <= NAMED_MAX) report(`${name}:${line}  ${why}`);
    else if (tally.malformed === NAMED_MAX + 1) report('more malformed lines follow; they are counted below');
  };
  // An event without a readable time is taken to be as old as the newest before it.
  let newest = 0 as Micros;
  try {
    for await (const { number, bytes } of linesOf(file, options.progress)) {
      tally.lines++;
      if (!bytes) {
        malformed(number, 'the line is longer than 64 MiB');
        continue;
      }
      const headers = new Map<string, string>();
      const cluster = options.cluster === undefined ? {} : { cluster: options.cluster };
      const found = await find(
        { bytes, shape: 'line', arrived: newest, headers, ...cluster },
        read,
        detector,
        counters,
        options.idle,
      );
      if ('malformed' in found) malformed(number, found.malformed);
      else {
        if (found.rejected > 0) malformed(number, found.why ?? 'malformed');
        for (const hit of found.hits) {
          if (hit.at > newest) newest = hit.at;
          yield hit;
        }
      }
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError([`${name}  cannot be read: ${code === 'ENOENT' ? 'no such file' : message}`]);
  }
}
