import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary, toJsonString } from '@bufbuild/protobuf';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, describe, expect, test } from 'vitest';
import { RetryInfoSchema } from '../../src/gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../src/gen/google/rpc/status_pb.ts';
import {
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
  LogsService,
} from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { Micros } from '../../src/model/time.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { type GrpcSays, grpcNextHop, httpNextHop } from '../support/next-hop.ts';
import { type Running, sidewatch, startSidewatch } from '../support/sidewatch.ts';

// A chain of processes and real sockets: a sender, Sidewatch, a next hop.

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-forward-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PATH = `/${LogsService.typeName}/${LogsService.method.export.name}`;
const HITS = 8;
const SCAN = otlpBytes(
  Array.from({ length: HITS }, (_, i) => refused((TEN + (i + 1) * 1_000_000) as Micros, ['81.2.69.142'])),
);
const PARTIAL = toBinary(
  ExportLogsServiceResponseSchema,
  create(ExportLogsServiceResponseSchema, {
    partialSuccess: { rejectedLogRecords: 1n, errorMessage: 'one is bad' },
  }),
);
const info = create(RetryInfoSchema, { retryDelay: durationFromMs(1500) });
const DETAILS = toBinary(
  StatusSchema,
  create(StatusSchema, { code: 14, message: 'busy', details: [anyPack(RetryInfoSchema, info)] }),
);
const BUSY: GrpcSays = { code: 14, message: 'busy', details: DETAILS };

const chained = (endpoint: string, more = '') =>
  startSidewatch(`forward: {endpoint: "${endpoint}", compression: none${more}}`);

function sendTo(address: string, bytes: Uint8Array, timeoutMs = 30_000): Promise<Buffer> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-tenant', 'one');
  return new Promise<Buffer>((resolve, reject) =>
    client.makeUnaryRequest(
      PATH,
      (message: Buffer) => message,
      (answer: Buffer) => answer,
      Buffer.from(bytes),
      metadata,
      { deadline: Date.now() + timeoutMs },
      (error, answer) => (error ? reject(error) : resolve(answer!)),
    ),
  ).finally(() => client.close());
}

/** The number of hits in the final figures of each detection, at its end. */
async function countsOf(running: Running): Promise<readonly number[]> {
  const { code, out } = await running.stop();
  expect(code).toBe(0);
  const events = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return events
    .filter(({ eventName }) => eventName === 'sidewatch.summary')
    .map(({ attributes }) => attributes['sidewatch.count']);
}

describe('a chain', () => {
  test('bytes, metadata and deadline go on; refusals come back, and a scan that was retried is found once', async () => {
    const answers: GrpcSays[] = [BUSY, { code: 8, message: 'too much' }, BUSY, PARTIAL];
    await using next = await grpcNextHop(() => answers[next.received.length - 1]!);
    await using running = await chained(`http://${next.address}`);
    const failures: ServiceError[] = [];
    for (let i = 0; i < 3; i++)
      await sendTo(running.grpc, SCAN).catch((error: ServiceError) => void failures.push(error));
    expect(failures.map(({ code, details }) => [code, details])).toEqual([
      [14, 'busy'],
      [8, 'too much'],
      [14, 'busy'],
    ]);
    expect(failures[0]?.metadata.get('grpc-status-details-bin')).toEqual([Buffer.from(DETAILS)]);
    expect(await sendTo(running.grpc, SCAN)).toEqual(Buffer.from(PARTIAL));

    expect(next.received.length).toBe(4);
    for (const { bytes, metadata, deadline } of next.received) {
      expect(bytes.equals(SCAN)).toBe(true);
      expect(metadata.get('x-tenant')).toEqual(['one']);
      expect(deadline).toBeLessThanOrEqual(Date.now() + 5000);
    }
    expect(await countsOf(running)).toEqual([HITS]);
  });

  test('over HTTP', async () => {
    await using next = await httpNextHop((response) =>
      next.received.length === 1
        ? response.writeHead(429, { 'retry-after': '3' }).end()
        : response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(),
    );
    await using running = await chained(`http://${next.address}`, ', protocol: http/protobuf');
    await expect(sendTo(running.grpc, SCAN)).rejects.toMatchObject({ code: 14 });
    await sendTo(running.grpc, SCAN);
    expect(next.received.map(({ bytes }) => bytes.equals(SCAN))).toEqual([true, true]);
    expect(await countsOf(running)).toEqual([HITS]);
  });

  test('in JSON over HTTP, on both sides, while an audit webhook is counted beside it', async () => {
    await using next = await httpNextHop((response) =>
      next.received.length === 1
        ? response
            .writeHead(503, { 'content-type': 'application/json', 'retry-after': '3' })
            .end('{"message":"busy"}')
        : response
            .setHeader('content-type', 'application/json')
            .end('{"partialSuccess":{"rejectedLogRecords":"1"}}'),
    );
    const any = '{endpoint: "127.0.0.1:0"}';
    const receivers = `receivers: {otlp: {protocols: {grpc: ${any}, http: ${any}}}, kubernetes_audit_webhook: ${any}}`;
    const yaml = `forward: {endpoint: "http://${next.address}", protocol: http/protobuf}`;
    await using running = await startSidewatch(yaml, {}, undefined, { receivers });
    const decoded = fromBinary(ExportLogsServiceRequestSchema, SCAN);
    const body = toJsonString(ExportLogsServiceRequestSchema, decoded);
    const post = (url: string, text: string) =>
      fetch(`http://${url}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text });
    const busy = await post(`${running.http}/v1/logs`, body);
    expect([busy.status, busy.headers.get('retry-after'), await busy.json()]).toMatchObject([
      503,
      '3',
      { code: 14, message: 'busy' },
    ]);
    const ok = await post(`${running.http}/v1/logs`, body);
    expect([ok.status, await ok.json()]).toMatchObject([
      200,
      { partialSuccess: { rejectedLogRecords: '1' } },
    ]);
    expect(next.received.map(({ bytes }) => bytes.toString())).toEqual([body, body]);

    const items = [refused((TEN + 9_000_000) as Micros, ['81.2.69.142'])];
    const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items };
    expect((await post(`${running.webhook}/audit`, JSON.stringify(list))).status).toBe(200);
    expect(next.received.length).toBe(2);
    expect(await countsOf(running)).toEqual([HITS + 1]);
  });

  test('while the next hop is down the sender keeps its requests', async () => {
    await using running = await chained('http://127.0.0.1:1');
    const warned = running.says(/requests were not forwarded/);
    await expect(sendTo(running.grpc, SCAN)).rejects.toMatchObject({
      code: 14,
      details: expect.stringContaining('the next hop gave no answer'),
    });
    expect(await warned).toContain('ECONNREFUSED');
    expect(await countsOf(running)).toEqual([]);
  });

  test('a sender whose deadline passes hears so, and its request counts when it comes again', async () => {
    const left: number[] = [];
    await using next = await grpcNextHop(({ deadline }) => {
      left.push(deadline - Date.now());
      return left.length > 1 ? new Uint8Array() : 'nothing';
    });
    await using running = await chained(`http://${next.address}`);
    await expect(sendTo(running.grpc, SCAN, 2000)).rejects.toMatchObject({ code: 4 });
    await sendTo(running.grpc, SCAN);
    expect(left[0]).toBeLessThanOrEqual(2000);
    expect(await countsOf(running)).toEqual([HITS]);
  });

  test('a stop waits for the next hop, and what it has accepted is counted', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Uint8Array>();
    await using next = await grpcNextHop(() => {
      asked.resolve();
      return answer.promise;
    });
    await using running = await chained(`http://${next.address}`);
    const sent = sendTo(running.grpc, SCAN);
    await asked.promise;
    const stopping = running.says(/ stopping:/);
    const counts = countsOf(running);
    await stopping;
    answer.resolve(new Uint8Array());
    await sent;
    expect(await counts).toEqual([HITS]);
  });

  test('of several: each finds the scan', async () => {
    await using next = await grpcNextHop();
    await using first = await chained(`http://${next.address}`);
    await using second = await chained(`http://${first.grpc}`);
    await sendTo(second.grpc, SCAN);
    expect(next.received[0]?.metadata.get('sidewatch-hops')).toEqual([expect.stringMatching(/^\S+, \S+$/)]);
    expect([await countsOf(second), await countsOf(first)]).toEqual([[HITS], [HITS]]);
  });
});

test.each([
  ['http://localhost:4317', 'is a loop'],
  ['localhost:4317', 'an http or https URL'],
  ['http://localhost:4318/v1/logs', 'has a path'],
])('forward.endpoint: %s is refused at the start', async (endpoint, why) => {
  const file = join(folder, 'refused.yaml');
  writeFileSync(file, `forward: {endpoint: "${endpoint}"}\n`);
  const { code, err } = await sidewatch(['config', 'check', file]);
  expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(`forward.endpoint .*${why}`))]);
});
