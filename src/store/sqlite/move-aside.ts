import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { StoreFault } from '../store.ts';
import { databaseFile, SIDE_FILES } from './database-file.ts';
import { faultOf, kindOf } from './faults.ts';
import { lockedDatabase } from './open-database.ts';

/**
 * Moves the files of a directory into a new folder in it, whose name begins with `name`, as they are; no other process may have
 * them open. undefined: there are none.
 */
export function moveAside(
  directory: string,
  name: string,
): { readonly folder: string } | StoreFault | undefined {
  const file = databaseFile(directory);
  // The file last: what is interrupted leaves no file without what belongs to it, and can be done again.
  const files = [...SIDE_FILES.map((end) => `${file}${end}`), file].filter((path) => existsSync(path));
  if (files.length === 0) return undefined;
  let db: DatabaseSync | undefined;
  try {
    if (existsSync(file)) db = lockedWherePossible(directory);
    const folder = newFolder(join(directory, name));
    for (const path of files) renameSync(path, join(folder, basename(path)));
    return { folder };
  } catch (error) {
    return faultOf(error, directory);
  } finally {
    // Only now: SQLite leaves a file that was moved as it is, and would otherwise put its WAL into it.
    db?.close();
  }
}

/** What SQLite cannot open can be moved, too. */
function lockedWherePossible(directory: string): DatabaseSync | undefined {
  try {
    return lockedDatabase(directory);
  } catch (error) {
    if (kindOf(error) === 'locked') throw error;
    return undefined;
  }
}

function newFolder(path: string): string {
  for (let i = 1; ; i++) {
    const folder = i === 1 ? path : `${path}-${i}`;
    try {
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
