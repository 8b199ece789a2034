import { seconds } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import type { Log } from '../ops/own-log.ts';
import type { OpenDestination } from '../setup/destinations.ts';
import { startChangingFiles } from './changing-files.ts';
import type { StartedPart } from './started-parts.ts';

/** The longest time until a changed file of a destination is in use. */
const INTERVAL = seconds(60);

/** Takes up the certificates and headers of destinations whose files change. */
export function startWatchingFiles(
  destinations: readonly OpenDestination[],
  counters: Counters,
  log: Log,
): StartedPart {
  const watched = destinations.flatMap(({ name, files }) => {
    const named = { what: `the files of destinations.${name}`, counter: 'destination_files' } as const;
    return files ? [startChangingFiles(files, INTERVAL, named, counters, log)] : [];
  });
  return {
    async stop(by) {
      for (const one of watched) await one.stop(by);
    },
  };
}
