import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './tree.ts';
import { workFolder } from './work-folder.ts';

const git = (...args: readonly string[]) =>
  execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

export interface Worktree extends Disposable {
  readonly path: string;
  readonly commit: string;
  /** False where it was made for other versions of what it depends on: it runs with ours. */
  readonly sameLock: boolean;
}

/** A commit checked out outside this tree, with this tree's node_modules. Throws git's own error for an unknown one. */
export function checkOut(ref: string): Worktree {
  const path = join(workFolder(), 'base');
  const commit = git('rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`);
  git('worktree', 'add', '--detach', path, commit);
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  const lock = (tree: string) => readFileSync(join(tree, 'package-lock.json'), 'utf8');
  return {
    path,
    commit: commit.slice(0, 7),
    sameLock: lock(path) === lock(ROOT),
    [Symbol.dispose]: () => void git('worktree', 'remove', '--force', path),
  };
}
