import { accessSync, constants, fstatSync, type Stats, statSync } from 'node:fs';
import { unreadable } from '../../lib/unreadable.ts';
import type { Micros } from '../../model/time.ts';
import { UserError } from '../../setup/user-error.ts';
import { inputName, inputPaths } from './input-paths.ts';

/** A file that exists and may be read, or standard input. */
export interface ReplayInput {
  /** `-` for standard input. */
  readonly path: string;
  /** For people. */
  readonly name: string;
  /** In bytes; 0 if it is not known before reading. */
  readonly size: number;
  readonly modified: Micros;
}

/**
 * The inputs that are named: files, folders (all files below them, except hidden ones) and patterns. All are checked before
 * anything is read. Throws UserError with everything that is wrong.
 */
export function inputsOf(named: readonly string[]): readonly ReplayInput[] {
  const paths = inputPaths(named);
  const checked = paths.map((one) => (typeof one === 'string' ? check(one) : one.fault));
  const faults = checked.filter((one) => typeof one === 'string');
  if (named.filter((path) => path === '-').length > 1)
    faults.push('standard input (-) is named more than once');
  if (faults.length > 0) throw new UserError(faults);
  return checked.filter((one) => typeof one !== 'string');
}

function check(path: string): ReplayInput | string {
  const name = inputName(path);
  try {
    const stats = path === '-' ? fstatSync(0) : statSync(path);
    if (path !== '-') accessSync(path, constants.R_OK);
    const why = refusal(path, stats);
    return why === undefined
      ? {
          path,
          name,
          size: stats.isFile() ? stats.size : 0,
          modified: Math.floor(stats.mtimeMs * 1000) as Micros,
        }
      : `${name}  cannot be read: ${why}`;
  } catch (error) {
    return `${name}  cannot be read: ${unreadable(error)}`;
  }
}

/** Node replaces a closed standard input with /dev/null. */
function refusal(path: string, stats: Stats): string | undefined {
  if (stats.isDirectory()) return 'it is a folder';
  const nothing = statSync('/dev/null', { throwIfNoEntry: false });
  const isNothing = stats.isCharacterDevice() && stats.rdev === nothing?.rdev;
  return path === '-' && isNothing ? 'it is closed, or /dev/null' : undefined;
}
