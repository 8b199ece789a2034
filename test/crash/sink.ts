import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { AnyValueSchema, type KeyValue } from '../../src/gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { LogRecord } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { keyOf } from './model.ts';
import type { Random } from './random.ts';

/** What arrived of one detection, or of its summary. */
export interface Arrived {
  readonly rule: string;
  readonly count: number;
  readonly exact: boolean;
  /** All that its records say, except on their risk object. */
  readonly contents: Set<string>;
  readonly uids: Set<string>;
}

/** Deliveries that fail in a hundred, by how. */
const FAULTS = [
  ['unavailable', 6],
  // The connection breaks before anything is taken, or after it, so that the sender does not know.
  ['cut before', 4],
  ['cut after', 4],
  ['dies', 2],
] as const;
const AWAY_MS = 300;

const NO_OBJECT = /^(log\.record\.uid|sidewatch\.risk\.object.*)$/;

/** An OTLP/HTTP backend that records risk events, and fails at times. */
export class CrashSink {
  readonly #random: Random;
  #server = createServer();
  #port = 0;
  readonly arrived = new Map<string, Arrived>();
  records = 0;
  repeats = 0;
  /** Called at each request, before it is answered. */
  onRequest: () => void = () => {};
  /** False at the end of a test: then nothing fails. */
  failing = true;

  constructor(random: Random) {
    this.#random = random;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#take(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A process that is killed ends in the midst of one.
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    const fault = this.#fault();
    this.onRequest();
    if (fault === 'unavailable') return void response.writeHead(503).end();
    if (fault === 'cut before') return void request.destroy();
    if (fault === 'dies') {
      await this.close();
      setTimeout(() => void this.listen(), this.#random.below(AWAY_MS));
      return;
    }
    this.#record(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    if (fault === 'cut after') request.destroy();
    else response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }

  #fault(): (typeof FAULTS)[number][0] | undefined {
    let drawn = this.#random.below(100);
    for (const [fault, percent] of FAULTS) {
      if (drawn < percent) return this.failing ? fault : undefined;
      drawn -= percent;
    }
    return undefined;
  }

  #record(bytes: Uint8Array): void {
    for (const { scopeLogs } of fromBinary(ExportLogsServiceRequestSchema, bytes).resourceLogs)
      for (const { logRecords } of scopeLogs) for (const record of logRecords) this.#add(record);
  }

  #add({ eventName, body, timeUnixNano, severityText, attributes }: LogRecord): void {
    const said = new Map(
      attributes.map(({ key, value }: KeyValue) => [key, value && toJson(AnyValueSchema, value)]),
    );
    const saysOf = (key: string) => Object.values((said.get(key) as object | undefined) ?? {})[0];
    const key = keyOf(eventName, String(saysOf('sidewatch.detection.id')));
    const known = this.arrived.get(key) ?? {
      rule: String(saysOf('security_rule.name')),
      count: Number(saysOf('sidewatch.count')),
      exact: saysOf('sidewatch.count.exact') === true,
      contents: new Set(),
      uids: new Set(),
    };
    this.arrived.set(key, known);
    const others = [...said].filter(([name]) => !NO_OBJECT.test(name));
    known.contents.add(
      JSON.stringify([body && toJson(AnyValueSchema, body), String(timeUnixNano), severityText, others]),
    );
    const uid = String(saysOf('log.record.uid'));
    this.records++;
    if (known.uids.has(uid)) this.repeats++;
    known.uids.add(uid);
  }
}
