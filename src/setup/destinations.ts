import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { SettingPlace } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import type { Target } from '../config/target.ts';
import { otlpDestination } from '../export/otlp-destination.ts';
import { consoleDestination } from '../export/stdout.ts';
import { jsonLines } from '../formats/json-lines.ts';
import { otlpLogRecords } from '../formats/otlp-log-records.ts';
import type { Destination } from '../model/risk.ts';
import { wallClock } from '../ops/clock.ts';
import { type ChangingSecrets, secretsOf } from './destination-files.ts';
import { writer } from './stream-writer.ts';
import { UserError } from './user-error.ts';
import { version } from './version.ts';

/** A destination, and the files that it names, if it names any. */
export interface OpenDestination extends Destination {
  readonly files?: ChangingSecrets['files'];
}

/**
 * Where risk events go, each with its format. Nothing is connected yet. Throws UserError with everything that is wrong with
 * any of them. `onUnread` is called once, when the reader of stdout has gone away.
 */
export function destinationsFor(
  targets: readonly Target[],
  place?: SettingPlace,
  onUnread?: () => void,
): readonly OpenDestination[] {
  const made = targets.map((target) => destinationOf(target, place, onUnread));
  const faults = made.flatMap((one) => ('faults' in one ? one.faults : []));
  if (faults.length > 0) throw new UserError(faultLines(faults));
  return made.flatMap((one) => ('faults' in one ? [] : [one]));
}

function destinationOf(
  target: Target,
  place: SettingPlace | undefined,
  onUnread: (() => void) | undefined,
): OpenDestination | { readonly faults: readonly PlacedFault[] } {
  if (target.protocol === 'console')
    return { ...consoleDestination(writer(process.stdout), jsonLines, onUnread), name: target.name };
  const secrets = secretsOf(target, place);
  if ('faults' in secrets) return secrets;
  try {
    const options = {
      ...target,
      secrets: secrets.now,
      version: version(),
      format: otlpLogRecords(version()),
    };
    return { ...otlpDestination(options, wallClock), ...(secrets.files && { files: secrets.files }) };
  } catch (error) {
    return { faults: [settingFault(['destinations', target.name], (error as Error).message, place)] };
  }
}
