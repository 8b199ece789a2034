import type { ServerResponse } from 'node:http';
import type { Counters } from '../../model/counters.ts';

/** Readers at one time; a further one is refused. */
export const READERS_MAX = 8;
/** Bytes that may wait for one reader before it is closed: some thousand risk events, which may all fire at once. */
export const WAITING_MAX = 4 * 2 ** 20;
/** What a browser waits before it connects again, in ms. */
const RETRY = 2000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** What a reader gets: risk events, or also the state each second. */
export type Wanted = 'risk' | 'all';

interface Reader {
  readonly wanted: Wanted;
  readonly allowed: () => boolean;
}

/**
 * The readers of the live stream (server-sent events). Nothing waits for them: one that reads too slowly is closed and counted, and
 * what it has missed is not sent again.
 */
export class LiveStream {
  readonly #readers = new Map<ServerResponse, Reader>();
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Takes a response over, for as long as its reader is `allowed`. Returns why it does not, for people. */
  open(response: ServerResponse, wanted: Wanted, allowed = () => true): string | undefined {
    if (this.#readers.size >= READERS_MAX) {
      this.#counters.add('live_readers_closed', 1, 'too_many');
      return `${READERS_MAX} readers are connected, and there is no room for more; close one of them`;
    }
    response.writeHead(200, HEADERS).write(`retry: ${RETRY}\n\n`);
    this.#readers.set(response, { wanted, allowed });
    response.on('close', () => this.#readers.delete(response));
    response.on('error', () => response.destroy());
    return undefined;
  }

  /** Whether somebody wants it. */
  has(wanted: Wanted): boolean {
    for (const one of this.#readers.values()) if (wanted === 'risk' || one.wanted === 'all') return true;
    return false;
  }

  /** `data`: JSON on one line. */
  send(name: 'risk' | 'state', data: string): void {
    this.#write(`event: ${name}\ndata: ${data}\n\n`, name === 'risk' ? 'risk' : 'all');
  }

  /** Shows readers that the connection lives, finds those that have gone, and closes those that are no longer allowed. */
  beat(): void {
    for (const [response, { allowed }] of this.#readers) if (!allowed()) this.#close(response);
    this.#write(':\n\n', 'risk');
  }

  #write(text: string, to: Wanted): void {
    const bytes = Buffer.from(text);
    for (const [response, { wanted }] of this.#readers) {
      if (to === 'all' && wanted !== 'all') continue;
      if (response.writableLength <= WAITING_MAX) {
        response.write(bytes);
        continue;
      }
      this.#close(response);
      this.#counters.add('live_readers_closed', 1, 'slow');
    }
  }

  #close(response: ServerResponse): void {
    this.#readers.delete(response);
    response.destroy();
  }
}
