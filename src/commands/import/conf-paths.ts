import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unreadable } from '../../lib/unreadable.ts';
import { textFile } from '../../setup/text-file.ts';
import { UserError } from '../../setup/user-error.ts';
import { type Conf, confOf } from './conf-file.ts';

/** The layers of an app, the later over the earlier. */
const LAYERS = ['', 'default', 'local'];

/** What files of one name say together. Each path is a file, or the folder of an app: its default/NAME, and local/NAME over it. Throws UserError. */
export function confAt(paths: readonly string[], name: string): Conf {
  const files = paths.flatMap((path) => pathsAt(path, name));
  const read = files.map((path) => ({ path, ...textFile(path) }));
  const faults = read.flatMap((file) => ('why' in file ? [`${file.path}  ${file.why}`] : []));
  if (faults.length > 0) throw new UserError(faults);
  return confOf(read.flatMap((file) => ('text' in file ? [file] : [])));
}

function pathsAt(path: string, name: string): readonly string[] {
  if (!isFolder(path)) return [path];
  const found = LAYERS.map((layer) => join(path, layer, name)).filter((file) => existsSync(file));
  if (found.length === 0) throw new UserError([`${path}  has no ${name}, and none in default or local`]);
  return found;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    throw new UserError([`${path}  cannot be read: ${unreadable(error)}`]);
  }
}
