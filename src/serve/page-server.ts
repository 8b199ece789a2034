import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { jsonText } from '../lib/json-text.ts';
import { seconds } from '../lib/time-format.ts';
import { listen } from '../receive/listen.ts';

export interface PageAnswer {
  readonly status: 200 | 503;
  readonly type: string;
  readonly body: string;
}

/** By path: makes the content of a page when it is requested. */
export type Pages = Readonly<Record<string, () => PageAnswer | Promise<PageAnswer>>>;

export interface PageServer {
  /** The endpoint with the port as bound. */
  readonly address: string;
  /** Ends all connections. Twice is fine. */
  stop(): Promise<void>;
}

/** A connection is closed after this time, whether it got its answer or not. */
const CONNECTION_TIME = seconds(10);
/**
 * Connections at one time. For a further one the oldest is closed: a probe sends its request at once, and must get its
 * answer while others hold connections open.
 */
const CONNECTIONS_MAX = 64;

const JSON_TYPE = 'application/json; charset=utf-8';

export const jsonPage = (content: unknown, status: PageAnswer['status'] = 200): PageAnswer => ({
  status,
  type: JSON_TYPE,
  body: `${jsonText(content, 2)}\n`,
});

/**
 * A listener for people, probes and scrapes: it changes nothing and takes no input but the path. `setting`: the
 * configuration key that the endpoint came from.
 */
export async function startPageServer(endpoint: string, setting: string, pages: Pages): Promise<PageServer> {
  const server = createServer((request, response) => void answer(request, response, pages));
  const sockets = new Set<Socket>();
  const listener = await listen(endpoint, setting, (socket) => {
    const [oldest] = sockets;
    if (oldest && sockets.size >= CONNECTIONS_MAX) {
      sockets.delete(oldest);
      oldest.destroy();
    }
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

async function answer(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  const allowed = request.method === 'GET' || request.method === 'HEAD';
  response.setHeader('connection', 'close');
  if (!allowed) {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else if (page === undefined) {
    response
      .writeHead(404, { 'content-type': JSON_TYPE })
      .end(`${JSON.stringify({ pages: Object.keys(pages) })}\n`);
  } else {
    try {
      const { status, type, body } = await page();
      response.writeHead(status, { 'content-type': type }).end(body);
    } catch {
      // A bug of ours must not end the process.
      response.writeHead(500).end();
    }
  }
}
