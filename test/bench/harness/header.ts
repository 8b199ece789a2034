import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** Machine, Node and commit. */
export function machine(): string {
  const changed =
    git('status', '--porcelain', '--', 'src', 'test/bench', 'rules') === '' ? '' : ', with changes';
  return `${cpus()[0]!.model} x ${cpus().length}, Node ${process.version}, commit ${git('rev-parse', '--short', 'HEAD')}${changed}`;
}

/** Where figures come from: machine, Node, commit, rounds. */
export const header = (rounds: number): string => `${machine()}, n=${rounds}; median [least-most]`;
