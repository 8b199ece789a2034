import { unreadable } from '../../lib/unreadable.ts';

const EXIT_UNWRITABLE = 1;

/**
 * Handles output errors of a one-shot command. A reader that has gone, as after `| head -1`, is no error: the command goes on,
 * because its exit code and its clean-up do not depend on the reader. Any other error, such as a full disk, ends the command
 * with one line.
 */
export function oneShotOutput(out: NodeJS.WritableStream, err: NodeJS.WritableStream): void {
  out.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    err.write(`standard output  cannot be written: ${unreadable(error)}\n`);
    process.exit(EXIT_UNWRITABLE);
  });
  // There is no place left to report it.
  err.on('error', () => {});
}
