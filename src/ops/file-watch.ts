import { statSync } from 'node:fs';

/**
 * Returns a check for changed files. It is true once after a change, and only when the files look the same in two checks in a
 * row, so that no half-written file is read. It polls, because then a ConfigMap's swapped link, a network file system and an
 * editor's rename look the same. `paths` may name other files each time; a missing file is a change too.
 */
export function fileWatch(paths: () => readonly string[]): () => boolean {
  let reported = signature(paths);
  let last = reported;
  return () => {
    const now = signature(paths);
    const isSettled = now === last;
    last = now;
    if (!isSettled || now === reported) return false;
    reported = now;
    return true;
  };
}

function signature(paths: () => readonly string[]): string {
  try {
    return paths().map(state).join('\n');
  } catch (error) {
    // A path that cannot be checked is a change too: the reader of the file then says why. It must not end the process.
    return (error as Error).message;
  }
}

function state(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined
    ? `${path} -`
    : `${path} ${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
}
