import { isDeepStrictEqual } from 'node:util';
import { millis } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import type { Ms } from '../model/time.ts';
import type { Log } from '../ops/own-log.ts';
import type { FileContents } from '../setup/file-contents.ts';
import { UserError } from '../setup/user-error.ts';
import { startPeriodic } from './periodic.ts';
import type { StartedPart } from './started-parts.ts';

export interface ChangingFiles<T> extends StartedPart {
  /** What the files held when they were last good. */
  readonly now: () => T;
  /** Looks for changes at once. They count when two looks in a row see the same. */
  readonly check: () => void;
}

/**
 * Reads files again when they have changed, at the latest after `interval`. If they are broken then, or gone, what they held
 * stays in use, and they are read at every look until they are good. `what`: the files, for the log.
 */
export function startChangingFiles<T>(
  { changed, first, read }: FileContents<T>,
  interval: Ms,
  { what, counter }: { readonly what: string; readonly counter: 'receiver_files' | 'destination_files' },
  counters: Counters,
  log: Log,
): ChangingFiles<T> {
  let now = first;
  let reported: string | undefined;
  const check = () => {
    if (!changed() && reported === undefined) return;
    try {
      const found = read();
      const isNew = !isDeepStrictEqual(found, now);
      if (isNew) counters.add(counter, 1, 'replaced');
      if (isNew) log.info(`${what} have changed and are in use`);
      else if (reported !== undefined) log.info(`${what} are good again and hold what is in use`);
      now = found;
      reported = undefined;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.message === reported) return;
      reported = error.message;
      counters.add(counter, 1, 'failed');
      log.error(
        `${what} have changed and cannot be used; the old ones stay in use: ${error.lines.join('; ')}`,
      );
    }
  };
  // Two looks see a change.
  const { stop } = startPeriodic(millis(interval / 2), check);
  return { now: () => now, check, stop };
}
