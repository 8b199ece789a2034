import { statSync } from 'node:fs';

/**
 * Looks at files whenever it is asked; true once after a change that has been still since the look before, so that a
 * file is not read while it is half written. Polled, not notified: a ConfigMap's swapped link, a network file system and
 * an editor's rename look the same. `paths` may name other files each time; one that is missing is a change too.
 */
export function fileWatch(paths: () => readonly string[]): () => boolean {
  let known = signature(paths);
  let last = known;
  return () => {
    const now = signature(paths);
    const still = now === last;
    last = now;
    if (!still || now === known) return false;
    known = now;
    return true;
  };
}

function signature(paths: () => readonly string[]): string {
  try {
    return paths().map(state).join('\n');
  } catch (error) {
    // What cannot be looked at is a change too: whoever reads it then says why. It must not end the process.
    return (error as Error).message;
  }
}

function state(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined
    ? `${path} -`
    : `${path} ${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
}
