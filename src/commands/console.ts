import { createServer } from 'node:http';
import { type Listener, listen } from '../receive/listen.ts';

/** By path, what it tells now: made when somebody asks, sent as JSON. */
export type Pages = Readonly<Record<string, () => unknown>>;

/** A listener for people and for `rules list --live`. It changes nothing and takes no input but the path. */
export function startConsole(endpoint: string, pages: Pages): Promise<Listener> {
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
  return listen(endpoint, 'telemetry.console.endpoint', (socket) => server.emit('connection', socket));
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
