import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { SettingPlace } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import type { Target } from '../config/target.ts';
import { otlpDestination } from '../export/otlp-destination.ts';
import { consoleDestination } from '../export/stdout.ts';
import type { Destination, RiskEvent } from '../model/risk.ts';
import { wallClock } from '../ops/clock.ts';
import { type ChangingSecrets, secretsOf } from './destination-files.ts';
import { consoleLines, otlpRecords } from './destination-formats.ts';
import { writer } from './stream-writer.ts';
import { UserError } from './user-error.ts';
import { version } from './version.ts';

/** A destination, and the files that it names, if it names any. */
export interface OpenDestination extends Destination {
  readonly files?: ChangingSecrets['files'];
}

export interface DestinationHooks {
  /** Called once, when the reader of stdout has gone away. */
  readonly onUnread?: (() => void) | undefined;
  /** Called for each risk event that was cut so that it fits this destination. */
  readonly onCut?: ((destination: string) => void) | undefined;
}

/**
 * Where risk events go, each with its format. Nothing is connected yet. Throws UserError with everything that is wrong with
 * any of them.
 */
export function destinationsFor(
  targets: readonly Target[],
  place?: SettingPlace,
  hooks: DestinationHooks = {},
): readonly OpenDestination[] {
  const made = targets.map((target) => destinationOf(target, place, hooks));
  const faults = made.flatMap((one) => ('faults' in one ? one.faults : []));
  if (faults.length > 0) throw new UserError(faultLines(faults));
  return made.flatMap((one) => ('faults' in one ? [] : [one]));
}

function destinationOf(
  target: Target,
  place: SettingPlace | undefined,
  hooks: DestinationHooks,
): OpenDestination | { readonly faults: readonly PlacedFault[] } {
  const onCut = () => hooks.onCut?.(target.name);
  if (target.protocol === 'console') {
    const lines = consoleLines(target.record, onCut);
    const write = (events: readonly RiskEvent[]) => lines(events, wallClock());
    return { ...consoleDestination(writer(process.stdout), write, hooks.onUnread), name: target.name };
  }
  const secrets = secretsOf(target, place);
  if ('faults' in secrets) return secrets;
  try {
    const options = {
      ...target,
      secrets: secrets.now,
      version: version(),
      format: otlpRecords(target.record, target.protocol === 'http/json', onCut),
    };
    return { ...otlpDestination(options, wallClock), ...(secrets.files && { files: secrets.files }) };
  } catch (error) {
    return { faults: [settingFault(['destinations', target.name], (error as Error).message, place)] };
  }
}
