import { unreadable } from '../../lib/unreadable.ts';

const EXIT_UNWRITABLE = 1;

/**
 * What becomes of a one-shot command whose output cannot be written. A reader that went away, as `| head -1` does, is no
 * error: the command goes on, since its exit code and what it cleans up do not depend on who reads. Anything else, a full
 * disk say, ends it with one line.
 */
export function oneShotOutput(out: NodeJS.WritableStream, err: NodeJS.WritableStream): void {
  out.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    err.write(`standard output  cannot be written: ${unreadable(error)}\n`);
    process.exit(EXIT_UNWRITABLE);
  });
  // There is nobody left to tell.
  err.on('error', () => {});
}
