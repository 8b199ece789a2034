import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { ONE_RULE, type Running, startSidewatch } from '../support/sidewatch.ts';
import { client, readStatus } from '../unit/receive/client.ts';
import { headOf, PROTOBUF, post, rawConnection } from '../unit/receive/http-client.ts';

// More than Sidewatch may hold, from senders that send again what was refused for now, as every OTLP client does.

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-overload-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Clients that are scanning at the same time, and the requests of each. */
const SCANNERS = Array.from({ length: 32 }, (_, n) => `198.51.100.${n + 1}`);
const HITS = 8;
const TOGETHER = 4;
const SENDERS = 4;
/** Makes the first requests large: a record that is no audit event. */
const PADDING = 'x'.repeat(300_000);
/** Probes for room until all clients that hold memory should have sent their part. */
const PROBES = 200;

/** Each request has one event of some scanners, so that one that is counted in part, or twice, makes their counts wrong. */
function requests(): Uint8Array[] {
  const groups = Array.from({ length: SCANNERS.length / TOGETHER }, (_, g) =>
    SCANNERS.slice(g * TOGETHER, (g + 1) * TOGETHER),
  );
  return Array.from({ length: HITS }, (_, hit) =>
    groups.map((group) => {
      const when = (TEN + (hit + 1) * 1_000_000) as Micros;
      const padding = hit === 0 ? PADDING : '';
      return otlpBytes([...group.map((address) => JSON.stringify(refused(when, [address]))), padding]);
    }),
  ).flat();
}

/** The rule, without what hides an event that is counted twice. */
function countingAll(): string {
  const [, file = ''] = /files: \["(.*)"\]/.exec(ONE_RULE) ?? [];
  const text = readFileSync(file, 'utf8');
  const own = text.replace('dedupe: request', 'dedupe: none');
  expect(own).not.toBe(text);
  const copy = join(folder, 'scanning.yml');
  writeFileSync(copy, own);
  return `rules: {packs: [], files: ["${copy}"]}`;
}

type Record = { readonly eventName: string; readonly attributes: ReadonlyMap<string, string> };

/** A destination that answers nothing until it is freed; from then on it refuses every other request. */
async function slowSink() {
  const delivered: Record[] = [];
  const waiting: (() => void)[] = [];
  let isFree = false;
  let asked = 0;
  const server = createServer(async (request, response) => {
    // biome-ignore lint/suspicious/noExplicitAny: OTLP as JSON
    const { resourceLogs } = (await json(request)) as any;
    const answer = () => respond(response, resourceLogs);
    if (isFree) answer();
    else waiting.push(answer);
  });
  // biome-ignore lint/suspicious/noExplicitAny: OTLP as JSON
  const respond = (response: ServerResponse, resourceLogs: any[]): void => {
    if (asked++ % 2 === 1) return void response.writeHead(503).end();
    for (const { scopeLogs } of resourceLogs)
      for (const { logRecords } of scopeLogs)
        for (const { eventName, attributes } of logRecords)
          delivered.push({ eventName, attributes: new Map(attributes.map(textOf)) });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delivered,
    free() {
      isFree = true;
      for (const answer of waiting.splice(0)) answer();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: OTLP as JSON
const textOf = ({ key, value }: any): [string, string] => [key, String(Object.values(value)[0])];

/** undefined: accepted. Else why the request was refused for now. */
type Send = (bytes: Uint8Array) => Promise<string | undefined>;

/** What an OTLP client may send again, and only that; it also wants to know when. */
function overGrpc({ grpc }: Running): Send & Disposable {
  const sender = client(grpc);
  const send: Send = async (bytes) => {
    const { code, message, details } = await sender.call(bytes);
    if (code === 0) return undefined;
    expect(code, message).toBe(14);
    expect(readStatus(details!).retryAfter).toBeGreaterThan(0);
    return message;
  };
  return Object.assign(send, { [Symbol.dispose]: () => sender[Symbol.dispose]() });
}

function overHttp({ http }: Running): Send & Disposable {
  const send: Send = async (body) => {
    const { status, headers, body: said } = await post(http, { body, headers: PROTOBUF });
    if (status === 200) return undefined;
    expect([429, 503], String(said)).toContain(status);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    return readStatus(said).message;
  };
  return Object.assign(send, { [Symbol.dispose]: () => {} });
}

/** Clients that hold memory: each has sent a part of its request. Resolves when no other request has room. */
async function hogs({ http }: Running) {
  // It is no OTLP, so it leaves nothing behind where there is still room for it.
  const probe = Buffer.alloc(PADDING.length);
  for (;;) {
    const open = await Promise.all(
      [500_000, 500_000, 500_000, 250_000].map(async (bytes) => {
        const connection = await rawConnection(http);
        connection.socket.write(headOf('', 1_000_000));
        connection.socket.write(Buffer.alloc(bytes));
        return connection;
      }),
    );
    const leave = () => {
      for (const { socket } of open) socket.destroy();
    };
    for (let probes = 0; probes < PROBES; probes++)
      if ((await post(http, { body: probe })).status === 429) return leave;
    // Some of them were refused while the buffer of another one, or of a probe, took the room: again.
    leave();
  }
}

/** Sends all, some at a time. What is refused waits behind the others. */
async function sendAll(send: Send, all: readonly Uint8Array[], refusal: (why: string) => void) {
  const queue = [...all];
  let left = all.length;
  const sending = async () => {
    for (; left > 0; await setImmediate()) {
      const next = queue.shift();
      if (next === undefined) continue;
      const why = await send(next);
      if (why === undefined) left--;
      else {
        refusal(why);
        queue.push(next);
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sending));
}

test.each([
  ['gRPC', overGrpc],
  ['HTTP', overHttp],
])('under overload every scan is detected exactly once, over %s', async (_, over) => {
  await using sink = await slowSink();
  const config = `
limits: {requests_mib: 1}
destinations:
  siem:
    endpoint: "${sink.url}"
    protocol: http/json
    compression: none
    timeout: 5m
    sending_queue: {queue_size: ${TOGETHER}, batch: {max_size: 2}}
    retry_on_failure: {initial_interval: 1ms, max_interval: 1ms}`;
  const receivers = `receivers:
  otlp:
    protocols:
      grpc: {endpoint: "127.0.0.1:0", max_recv_msg_size_mib: 1}
      http: {endpoint: "127.0.0.1:0", max_request_body_size: 1048576}`;
  await using running = await startSidewatch(config, {}, countingAll(), { receivers });
  using send = over(running);
  const leave = await hogs(running);
  const refusals = { memory: 0, outbox: 0 };
  const all = requests();
  await sendAll(send, all, (why) => {
    if (why.includes('limits.requests_mib')) {
      refusals.memory++;
      leave();
    } else if (why.includes('the outbox is full')) {
      refusals.outbox++;
      sink.free();
    } else throw new Error(why);
  });
  expect(refusals.memory).toBeGreaterThan(0);
  expect(refusals.outbox).toBeGreaterThan(0);

  const { code, err } = await running.stop();
  expect(code).toBe(0);
  // A refused request leaves no trace.
  expect(err).toMatch(new RegExp(`requests\\{accepted\\}=${all.length} `));
  expect(err).toMatch(
    new RegExp(` records=${all.length * (TOGETHER + 1)} events=${SCANNERS.length * HITS} `),
  );
  expect(err).toMatch(new RegExp(` hits\\S*=${SCANNERS.length * HITS} `));
  const named = (name: string) => sink.delivered.filter(({ eventName }) => eventName === name);
  const risks = named('sidewatch.risk').map(({ attributes }) => attributes);
  expect(risks.map((risk) => risk.get('client.address')).sort()).toEqual([...SCANNERS].sort());
  const summaries = named('sidewatch.summary').map(({ attributes }) => attributes);
  expect(summaries.map((one) => one.get('sidewatch.count'))).toEqual(SCANNERS.map(() => String(HITS)));
  const ids = (of: typeof risks) => of.map((one) => one.get('sidewatch.detection.id')).sort();
  expect(ids(summaries)).toEqual(ids(risks));
});
