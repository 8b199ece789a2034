import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { seconds } from '../lib/time-format.ts';
import { listen } from '../receive/listen.ts';

/** By path: makes the content of a page when it is requested. It is sent as JSON. */
export type Pages = Readonly<Record<string, () => unknown>>;

export interface StatusPage {
  /** The endpoint with the port as bound. */
  readonly address: string;
  /** Ends all connections. Twice is fine. */
  stop(): Promise<void>;
}

/** A connection is closed after this time, whether it got its answer or not. */
const CONNECTION_TIME = seconds(10);

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** A listener for people and for `rules list --live`. It changes nothing and takes no input but the path. */
export async function startStatusPage(endpoint: string, pages: Pages): Promise<StatusPage> {
  const server = createServer((request, response) => answer(request, response, pages));
  const sockets = new Set<Socket>();
  const listener = await listen(endpoint, 'telemetry.console.endpoint', (socket) => {
    sockets.add(socket);
    // The HTTP server's own timeouts do not work here: it does not listen itself.
    const timeout = setTimeout(() => socket.destroy(), CONNECTION_TIME);
    socket.on('close', () => {
      clearTimeout(timeout);
      sockets.delete(socket);
    });
    server.emit('connection', socket);
  });
  return {
    address: listener.address,
    async stop() {
      const closed = listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, pages: Pages): void {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  const allowed = request.method === 'GET' || request.method === 'HEAD';
  response.setHeader('connection', 'close');
  if (!allowed) response.writeHead(405, { allow: 'GET, HEAD' }).end();
  else if (page === undefined)
    response.writeHead(404, JSON_TYPE).end(`${JSON.stringify({ pages: Object.keys(pages) })}\n`);
  else response.writeHead(200, JSON_TYPE).end(`${JSON.stringify(page(), null, 2)}\n`);
}
