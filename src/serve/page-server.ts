import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { jsonText } from '../lib/json-text.ts';
import { seconds } from '../lib/time-format.ts';
import { listen } from '../receive/listen.ts';

export interface PageAnswer {
  readonly status: 200 | 401 | 403 | 503;
  readonly type: string;
  readonly body: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** By path: makes the content of a page when it is requested. */
export type Pages = Readonly<Record<string, () => PageAnswer | Promise<PageAnswer>>>;

/**
 * An answer without an end, such as a stream of events. It takes the response over and bounds itself, or says why it does not:
 * the connection then no longer counts among the others, and is not closed by the server's own time limit.
 */
export type Stream = (response: ServerResponse) => PageAnswer | undefined;

export interface PageServerOptions {
  /** Asked about each request; what it gives is answered in place of the page. */
  readonly refuse?: (request: IncomingMessage, path: string) => PageAnswer | undefined;
  /** By path, beside the pages. */
  readonly streams?: Readonly<Record<string, Stream>>;
}

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
export async function startPageServer(
  endpoint: string,
  setting: string,
  pages: Pages,
  { refuse = () => undefined, streams = {} }: PageServerOptions = {},
): Promise<PageServer> {
  /** Those that have to be quick, by when they came, with the timer of each. */
  const quick = new Map<Socket, NodeJS.Timeout>();
  const streaming = new Set<Socket>();
  const stays = (socket: Socket) => {
    clearTimeout(quick.get(socket));
    quick.delete(socket);
    streaming.add(socket);
  };
  const site: Site = { pages, streams, refuse, stays };
  const server = createServer((request, response) => void answer(request, response, site));
  const listener = await listen(endpoint, setting, (socket) => {
    const [oldest] = quick.keys();
    if (oldest && quick.size >= CONNECTIONS_MAX) {
      quick.delete(oldest);
      oldest.destroy();
    }
    // The HTTP server's own timeouts do not work here: it does not listen itself.
    const timeout = setTimeout(() => socket.destroy(), CONNECTION_TIME);
    quick.set(socket, timeout);
    socket.on('close', () => {
      clearTimeout(timeout);
      quick.delete(socket);
      streaming.delete(socket);
    });
    server.emit('connection', socket);
  });
  return {
    address: listener.address,
    async stop() {
      const closed = listener.close();
      for (const socket of [...quick.keys(), ...streaming]) socket.destroy();
      await closed;
    },
  };
}

interface Site extends Required<PageServerOptions> {
  readonly pages: Pages;
  /** To be called for a connection whose answer has no end. */
  readonly stays: (socket: Socket) => void;
}

async function answer(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  const { pages, streams, refuse, stays } = site;
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const page = own(pages, path);
  const stream = own(streams, path);
  const allowed = stream ? ['GET'] : ['GET', 'HEAD'];
  response.setHeader('connection', 'close');
  try {
    const refused = refuse(request, path);
    if (refused) {
      send(response, refused);
    } else if (!allowed.includes(request.method ?? '')) {
      response.writeHead(405, { allow: allowed.join(', ') }).end();
    } else if (stream) {
      const busy = stream(response);
      if (busy) send(response, busy);
      else stays(request.socket);
    } else if (page) {
      send(response, await page());
    } else {
      response
        .writeHead(404, { 'content-type': JSON_TYPE })
        .end(`${JSON.stringify({ pages: [...Object.keys(pages), ...Object.keys(streams)] })}\n`);
    }
  } catch {
    // A bug of ours must not end the process.
    response.writeHead(500).end();
  }
}

function own<T>(all: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function send(response: ServerResponse, { status, type, body, headers = {} }: PageAnswer): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}
