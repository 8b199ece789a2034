import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const WAIT_MS = 20_000;

export interface Sink extends AsyncDisposable {
  readonly url: string;
  /** Requests so far. */
  readonly requests: number;
  /** Resolves with the time (performance.now) at which a request that holds `text` had come whole; rejects after WAIT_MS. */
  seen(text: string): Promise<number>;
}

/** An OTLP/HTTP backend on a free loopback port that accepts everything. */
export async function startSink(): Promise<Sink> {
  const awaited = new Map<string, (at: number) => void>();
  let requests = 0;
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const at = performance.now();
    requests++;
    response.end();
    for (const [text, resolve] of awaited) {
      if (!body.includes(text)) continue;
      awaited.delete(text);
      resolve(at);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    seen: (text) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`nothing with ${text} came`)), WAIT_MS);
        awaited.set(text, (at) => {
          clearTimeout(late);
          resolve(at);
        });
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
