import { unlessAborted } from '../lib/aborted.ts';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';

/** Of a stream whose reader has gone, and of one that was closed for it. */
const GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * Risk events as text, `line` by line. `write` resolves when the text is written; it rejects as a stream does.
 * A reader that went away (EPIPE) never comes back, so its events are refused, and `gone` hears of it once; any other
 * failure, such as a full disk behind a redirection, may pass. A batch that failed half-way is written again whole.
 */
export function consoleDestination(
  write: (text: string) => Promise<void>,
  line: (event: RiskEvent) => string,
  gone: () => void = () => {},
): Destination {
  let told = false;
  const failed = ({ code = '', message }: NodeJS.ErrnoException): Delivery => {
    if (!GONE.has(code)) return { kind: 'retry', why: message };
    if (!told) gone();
    told = true;
    return { kind: 'refused', why: 'nobody reads stdout any more (EPIPE)' };
  };
  return {
    name: 'console',
    target: 'stdout',
    async send(events, by): Promise<Delivery> {
      const written = write(events.map(line).join('')).then((): Delivery => ({ kind: 'delivered' }), failed);
      return (await unlessAborted(written, by)) ?? { kind: 'retry', why: 'stopped before it was written' };
    },
    async stop() {},
  };
}
