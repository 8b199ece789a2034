import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { create, fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { Detection } from '../../../src/model/hit.ts';
import type { Attribute, RiskEvent } from '../../../src/model/risk.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TEN } from '../../support/events.ts';

export interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** After gunzip. */
  readonly body: Buffer;
}

/** An HTTP server on a free loopback port that keeps what it is sent; `answer` ends each response. */
export async function loopback(answer: (response: ServerResponse, received: Received) => void) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const one = { path: request.url, headers: request.headers, body };
    received.push(one);
    answer(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/logs`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The request in a body of either protocol, read by our own generated code. */
export function decode({ headers, body }: Received): ExportLogsServiceRequest {
  return headers['content-type'] === 'application/json'
    ? fromJson(ExportLogsServiceRequestSchema, JSON.parse(body.toString()), { ignoreUnknownFields: true })
    : fromBinary(ExportLogsServiceRequestSchema, body);
}

/** The uids of the risk events in a request. */
export function uidsIn({ resourceLogs }: ExportLogsServiceRequest): readonly string[] {
  return resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map(({ attributes }) => {
      const uid = attributes.find(({ key }) => key === 'log.record.uid')?.value?.value;
      return uid?.case === 'stringValue' ? uid.value : '';
    });
}

/** Answers 200 as a collector does, in the protocol of the request. */
export function succeed(response: ServerResponse, received: Received, rejected = 0, why = ''): void {
  const partial = rejected > 0 || why !== '';
  const json = received.headers['content-type'] === 'application/json';
  response.setHeader('content-type', received.headers['content-type'] ?? '');
  if (json)
    response.end(
      JSON.stringify(
        partial ? { partialSuccess: { rejectedLogRecords: String(rejected), errorMessage: why } } : {},
      ),
    );
  else
    response.end(
      toBinary(
        ExportLogsServiceResponseSchema,
        create(
          ExportLogsServiceResponseSchema,
          partial ? { partialSuccess: { rejectedLogRecords: BigInt(rejected), errorMessage: why } } : {},
        ),
      ),
    );
}

export function aRiskEvent(uid: string, attributes: Record<string, Attribute> = {}): RiskEvent {
  return {
    uid,
    detection: {} as Detection,
    name: 'sidewatch.risk',
    at: (TEN + 309_113) as Micros,
    body: `scan ${uid}`,
    score: 49,
    severity: 13,
    severityText: 'medium',
    rank: { score: 49, level: 'medium' },
    attributes: { 'log.record.uid': uid, 'sidewatch.risk.score': 49, ...attributes },
    resource: { 'service.name': 'sidewatch' },
  };
}
