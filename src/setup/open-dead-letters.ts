import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { faultLines } from '../config/fault-lines.ts';
import { settingFault } from '../config/setting-fault.ts';
import { DeadLetterFiles } from '../export/dead-letters/dead-letter-files.ts';
import { makeFolder } from '../lib/make-folder.ts';
import type { Counters } from '../model/counters.ts';
import { wallClock } from '../ops/clock.ts';
import type { Settings } from './settings.ts';
import { UserError } from './user-error.ts';

/**
 * The dead letters of a configuration, if it has any; makes their folder. Throws UserError where it cannot be used. `report`:
 * see DeadLetterFilesOptions.
 */
export async function openDeadLetters(
  { deadLetters, config }: Pick<Settings, 'deadLetters' | 'config'>,
  counters: Counters,
  report: (what: string, why: string, times?: number) => void,
): Promise<DeadLetterFiles | undefined> {
  if (!deadLetters) return undefined;
  const { directory } = deadLetters;
  try {
    makeFolder(directory, 0o700);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = `${directory} cannot be used: ${(error as Error).message}`;
    // Beside a store they have a folder of their own, which nobody has to set.
    const section = config.delivery.directory === undefined ? 'storage' : 'delivery';
    throw new UserError(faultLines([settingFault([section, 'directory'], why, config.place)]));
  }
  return new DeadLetterFiles({ ...deadLetters, clock: wallClock, counters, report });
}
