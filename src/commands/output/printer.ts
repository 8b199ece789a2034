import { writer } from '../../setup/stream-writer.ts';
import { UserError } from '../../setup/user-error.ts';

/**
 * Writes to standard output and waits where it is full. Once the reader went away (EPIPE) nothing more is written, and that
 * is no error. Any other failure is a UserError without a word: oneShotOutput hears of it too, and tells why.
 */
export function printer(stream: NodeJS.WritableStream): (text: string) => Promise<void> {
  const write = writer(stream);
  let gone = false;
  return async (text) => {
    if (gone) return;
    try {
      await write(text);
    } catch (error) {
      gone = (error as NodeJS.ErrnoException).code === 'EPIPE';
      if (!gone) throw new UserError([]);
    }
  };
}
