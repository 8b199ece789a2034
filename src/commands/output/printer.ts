import { writer } from '../../setup/stream-writer.ts';
import { UserError } from '../../setup/user-error.ts';

/**
 * Writes to standard output, and waits while it is full. After the reader has gone (EPIPE) it writes nothing more, without an
 * error. Any other failure is a UserError without lines, because oneShotOutput reports it.
 */
export function printer(stream: NodeJS.WritableStream): (text: string) => Promise<void> {
  const write = writer(stream);
  let readerGone = false;
  return async (text) => {
    if (readerGone) return;
    try {
      await write(text);
    } catch (error) {
      readerGone = (error as NodeJS.ErrnoException).code === 'EPIPE';
      if (!readerGone) throw new UserError([]);
    }
  };
}
