import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { seconds } from '../lib/time-format.ts';
import { listen } from '../receive/listen.ts';

/** By path, what it tells now: made when somebody asks, sent as JSON. */
export type Pages = Readonly<Record<string, () => unknown>>;

export interface StatusPage {
  /** The endpoint with the port as bound. */
  readonly address: string;
  /** Ends all connections. Twice is fine. */
  close(): Promise<void>;
}

/** For a connection to ask and to take its answer. */
const PATIENCE = seconds(10);

/** A listener for people and for `rules list --live`. It changes nothing and takes no input but the path. */
export async function startStatusPage(endpoint: string, pages: Pages): Promise<StatusPage> {
  const server = createServer((request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    const allowed = request.method === 'GET' || request.method === 'HEAD';
    response.setHeader('connection', 'close');
    if (!allowed) response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else if (page === undefined)
      response.writeHead(404, JSON_TYPE).end(`${JSON.stringify({ pages: Object.keys(pages) })}\n`);
    else response.writeHead(200, JSON_TYPE).end(`${JSON.stringify(page(), null, 2)}\n`);
  });
  const sockets = new Set<Socket>();
  const listener = await listen(endpoint, 'telemetry.console.endpoint', (socket) => {
    sockets.add(socket);
    // The HTTP server's own patience is that of servers that listen themselves.
    const patience = setTimeout(() => socket.destroy(), PATIENCE);
    socket.on('close', () => {
      clearTimeout(patience);
      sockets.delete(socket);
    });
    server.emit('connection', socket);
  });
  return {
    address: listener.address,
    async close() {
      const closed = listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
