import { globSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { plainText } from '../../lib/plain-text.ts';
import { unreadable } from '../../lib/unreadable.ts';

/** A path, or why there is none. */
export type FoundPath = string | { readonly fault: string };

/** The paths of the files, each once if it was found and not named. */
export function inputPaths(named: readonly string[]): readonly FoundPath[] {
  const known = new Set(named.map(realPath));
  const isNew = (found: FoundPath): boolean => {
    if (typeof found !== 'string') return true;
    const before = known.size;
    return known.add(realPath(found)).size > before;
  };
  return named.flatMap((name): readonly FoundPath[] => {
    const found = filesAt(name);
    if (found === undefined) return [name];
    return found.length === 0 ? [{ fault: `${inputName(name)}  holds no file` }] : found.filter(isNew);
  });
}

/** Links may lead to one file by several paths. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The files of a folder or a pattern, in order; undefined for any other path. */
function filesAt(name: string): readonly FoundPath[] | undefined {
  if (name === '-') return undefined;
  const folders = new Set<string>();
  const stats = statsOf(name);
  if (stats !== 'unknown' && stats?.isDirectory()) return filesBelow(name, folders);
  if (stats !== undefined || !PATTERN.test(name)) return undefined;
  const matches = globSync(name).sort();
  return matches.length === 0 ? undefined : matches.flatMap((path) => filesBelow(path, folders));
}

/** A file itself, or all files of a folder. `folders`: those that were seen, since links may lead in a circle. */
function filesBelow(path: string, folders: Set<string>): readonly FoundPath[] {
  const stats = statsOf(path);
  // A link that leads nowhere.
  if (stats === undefined) return [];
  // What cannot be looked at is reported when it is checked.
  if (stats === 'unknown' || stats.isFile()) return [path];
  const id = `${stats.dev}:${stats.ino}`;
  if (!stats.isDirectory() || folders.has(id)) return [];
  folders.add(id);
  try {
    const names = readdirSync(path).filter((name) => !name.startsWith('.'));
    return names.sort().flatMap((name) => filesBelow(join(path, name), folders));
  } catch (error) {
    return [{ fault: `${inputName(path)}  cannot be read: ${unreadable(error)}` }];
  }
}

/** undefined for what is not there. */
function statsOf(path: string): Stats | 'unknown' | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return 'unknown';
  }
}

const PATTERN = /[*?[{]/;

/** For people. */
export const inputName = (path: string): string =>
  path === '-' ? 'standard input' : path === '' ? '""' : plainText(path);
