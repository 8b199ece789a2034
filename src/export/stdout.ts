import { unlessAborted } from '../lib/aborted.ts';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';

/** Error codes of a stream whose reader has gone away, and of one that was closed because of that. */
const READER_GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * Writes risk events as text. `format`: a batch as text. `write` resolves when the text is written, and rejects as a
 * stream does. A reader that has gone away (EPIPE) never comes back, so its events are refused, and `onGone` is called once.
 * Any other failure, such as a full disk behind a redirection, may pass. A batch that failed half-way is written again whole.
 */
export function consoleDestination(
  write: (text: string) => Promise<void>,
  format: (events: readonly RiskEvent[]) => string,
  onGone: () => void = () => {},
): Destination {
  let gone = false;
  const failed = ({ code = '', message }: NodeJS.ErrnoException): Delivery => {
    if (!READER_GONE.has(code)) return { kind: 'retry', why: message };
    if (!gone) onGone();
    gone = true;
    return { kind: 'refused', why: 'the reader of stdout has gone away (EPIPE)' };
  };
  return {
    name: 'console',
    target: 'stdout',
    async send(events, by): Promise<Delivery> {
      const written = write(format(events)).then((): Delivery => ({ kind: 'delivered' }), failed);
      return (await unlessAborted(written, by)) ?? { kind: 'retry', why: 'stopped before it was written' };
    },
    async stop() {},
  };
}
