import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An OTLP/HTTP receiver that keeps the bodies of all log records. */
export interface Backend extends AsyncDisposable {
  readonly url: string;
  readonly bodies: readonly string[];
  /** Called after each request. */
  onRecords: () => void;
}

interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly body: { stringValue: string } }[];
    }[];
  }[];
}

/** Understands OTLP as JSON without compression. */
export async function startBackend(): Promise<Backend> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const { resourceLogs } = JSON.parse(await text(request)) as LogsRequest;
    for (const { scopeLogs } of resourceLogs)
      for (const { logRecords } of scopeLogs) bodies.push(...logRecords.map(({ body }) => body.stringValue));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    backend.onRecords();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const backend: Backend = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    onRecords: () => {},
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
  return backend;
}
