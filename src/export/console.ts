import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';
import { unlessAborted } from './abort.ts';

/**
 * Risk events as text, `line` by line. `write` resolves when the text is written; it rejects as a stream does.
 * A reader that went away (EPIPE) never comes back, so its events are refused; any other failure, such as a full
 * disk behind a redirection, may pass. A batch that failed half-way is written again whole.
 */
export function consoleDestination(
  write: (text: string) => Promise<void>,
  line: (event: RiskEvent) => string,
): Destination {
  return {
    name: 'console',
    target: 'stdout',
    async send(events, by): Promise<Delivery> {
      const written = write(events.map(line).join('')).then(
        (): Delivery => ({ kind: 'delivered' }),
        (error: NodeJS.ErrnoException): Delivery => ({
          kind: error.code === 'EPIPE' ? 'refused' : 'retry',
          why: error.code === 'EPIPE' ? 'nobody reads stdout any more (EPIPE)' : error.message,
        }),
      );
      return (await unlessAborted(written, by)) ?? { kind: 'retry', why: 'stopped before it was written' };
    },
    async stop() {},
  };
}
