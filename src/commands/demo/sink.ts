import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The parts of an OTLP/JSON log record that the demo shows. */
export interface SinkRecord {
  readonly eventName: string;
  readonly body: string;
  readonly attributes: ReadonlyMap<string, string | number | readonly string[]>;
}

export interface Sink {
  readonly url: string;
  /** The records so far. */
  readonly received: readonly SinkRecord[];
  /** Resolves with the first record of that event name and rule, or undefined when `by` aborts. */
  next(eventName: string, rule: string, by: AbortSignal): Promise<SinkRecord | undefined>;
  stop(): void;
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly Value[] };
}

/** An OTLP/HTTP (JSON) backend on a free loopback port. It receives the same as a backend of the user would. */
export async function startSink(): Promise<Sink> {
  const received: SinkRecord[] = [];
  let arrived = () => {};
  const server = createServer(async (request, response) => {
    received.push(...records(JSON.parse(await text(request))));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    arrived();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async next(eventName, rule, by) {
      for (;;) {
        const found = received.find(
          ({ eventName: name, attributes }) =>
            name === eventName && attributes.get('security_rule.uuid') === rule,
        );
        if (found || by.aborted) return found;
        await new Promise<void>((resolve) => {
          arrived = resolve;
          by.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function records(request: {
  resourceLogs?: {
    scopeLogs?: {
      logRecords?: { eventName?: string; body?: Value; attributes?: { key: string; value: Value }[] }[];
    }[];
  }[];
}): SinkRecord[] {
  return (request.resourceLogs ?? [])
    .flatMap(({ scopeLogs = [] }) => scopeLogs)
    .flatMap(({ logRecords = [] }) => logRecords)
    .map((record) => ({
      eventName: record.eventName ?? '',
      body: record.body?.stringValue ?? '',
      attributes: new Map((record.attributes ?? []).map(({ key, value }) => [key, plain(value)])),
    }));
}

function plain(value: Value): string | number | readonly string[] {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map((item) => String(plain(item)));
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.doubleValue ?? value.stringValue ?? String(value.boolValue);
}
