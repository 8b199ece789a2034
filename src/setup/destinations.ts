import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { SettingPlace } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import type { Target } from '../config/target.ts';
import { otlpHttp } from '../export/otlp-http.ts';
import { consoleDestination } from '../export/stdout.ts';
import { jsonLines } from '../formats/json-lines.ts';
import { otlpLogRecords } from '../formats/otlp-log-records.ts';
import type { Destination } from '../model/risk.ts';
import { wallClock } from '../ops/clock.ts';
import { pem } from './pem.ts';
import { writer } from './stream-writer.ts';
import { UserError } from './user-error.ts';
import { version } from './version.ts';

/**
 * Where risk events go, each with its format. Nothing is connected yet. Throws UserError with everything that is wrong with
 * any of them. `onUnread` is called once, when the reader of stdout has gone away.
 */
export function destinationsFor(
  targets: readonly Target[],
  place?: SettingPlace,
  onUnread?: () => void,
): readonly Destination[] {
  const made = targets.map((target) => destinationOf(target, place, onUnread));
  const faults = made.flatMap((one) => ('faults' in one ? one.faults : []));
  if (faults.length > 0) throw new UserError(faultLines(faults));
  return made.flatMap((one) => ('faults' in one ? [] : [one]));
}

function destinationOf(
  target: Target,
  place: SettingPlace | undefined,
  onUnread: (() => void) | undefined,
): Destination | { readonly faults: readonly PlacedFault[] } {
  if (target.protocol === 'console')
    return { ...consoleDestination(writer(process.stdout), jsonLines, onUnread), name: target.name };
  const files = pem(target.tls);
  if ('faults' in files)
    return { faults: files.faults.map(({ file, what }) => settingFault(file.setting, what, place)) };
  try {
    return otlpHttp(
      { ...target, tls: files.pem, version: version(), format: otlpLogRecords(version()) },
      wallClock,
    );
  } catch (error) {
    return { faults: [settingFault(['destinations', target.name], (error as Error).message, place)] };
  }
}
