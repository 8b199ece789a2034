import type { GeoFiles } from '../enrich/geo.ts';
import { millis } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import { fileWatch } from '../ops/file-watch.ts';
import type { Log } from '../ops/own-log.ts';
import { UserError } from '../setup/user-error.ts';
import { startPeriodic } from './periodic.ts';
import type { StartedPart } from './started-parts.ts';

/** Between two looks at the file; two looks see a change. */
const INTERVAL = millis(15_000);

export interface GeoReload extends StartedPart {
  /** Looks for a change at once; resolves when the file has been read, if it was. */
  readonly check: () => Promise<void>;
}

/**
 * Takes up the geo database's file when it changes. If it is broken then, or gone, the old places stay, and it is read at every
 * look until it is good. undefined where there is no file that could change.
 */
export function startGeoReload(geo: GeoFiles, counters: Counters, log: Log): GeoReload | undefined {
  const { file } = geo;
  if (file === undefined) return undefined;
  const changed = fileWatch(() => [file]);
  let reported: string | undefined;
  let isReading = false;
  const check = async () => {
    if (isReading || (!changed() && reported === undefined)) return;
    isReading = true;
    try {
      await geo.reload();
      reported = undefined;
      counters.add('geo_reloads', 1, 'replaced');
      log.info(`the geo database ${file} has changed and is in use`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.message !== reported) {
        counters.add('geo_reloads', 1, 'failed');
        log.warn(`the old geo data stay in use: ${error.lines.join('; ')}`);
      }
      reported = error.message;
    } finally {
      isReading = false;
    }
  };
  const { stop } = startPeriodic(INTERVAL, () => void check());
  return { check, stop };
}
