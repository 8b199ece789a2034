import { UserError } from './user-error.ts';

/**
 * Writes to standard output and waits where it is full. Once the reader went away (EPIPE) nothing more is written, and that
 * is no error. Any other failure is a UserError without a word: oneShotOutput hears of it too, and tells why.
 */
export function printer(stream: NodeJS.WritableStream): (text: string) => Promise<void> {
  let gone = false;
  return (text) =>
    new Promise((resolve, reject) => {
      if (gone) return resolve();
      stream.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
        gone = error?.code === 'EPIPE';
        if (error && !gone) reject(new UserError([]));
        else resolve();
      });
    });
}
