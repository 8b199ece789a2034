import { fromBinary } from '@bufbuild/protobuf';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { InMemoryLogRecordExporter, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { expect, test } from 'vitest';
import { SDK_TIMEOUT } from '../../../src/export/sdk-attempt.ts';
import { sdkExporterDestination } from '../../../src/export/sdk-exporter.ts';
import { otlpLogRecords } from '../../../src/formats/otlp-log-records.ts';
import { ExportLogsServiceRequestSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { seconds } from '../../../src/lib/time-format.ts';
import { destinationContract } from '../../contract/destination.ts';
import { TEN } from '../../support/events.ts';
import { grpcNextHop } from '../../support/next-hop.ts';
import { aRiskEvent, decode, loopback, succeed, uidsIn } from './loopback.ts';

const NEVER = new AbortController().signal;
const some = [aRiskEvent('a'), aRiskEvent('b')];

function destination(exporter: LogRecordExporter) {
  const format = otlpLogRecords('1.2.3');
  const options = { name: 'other', target: 'elsewhere', exporter, timeout: seconds(20), format };
  const made = sdkExporterDestination(options, () => TEN);
  return { ...made, [Symbol.asyncDispose]: () => made.stop() };
}

/** How long the SDK's exporter for gRPC waits when it is stopped. */
const WAIT = 2000;

const HTTP = { 'http/json': JsonExporter, 'http/protobuf': ProtobufExporter };

for (const [protocol, Exporter] of Object.entries(HTTP))
  destinationContract(`the SDK's exporter for ${protocol}`, async (end) => {
    const server = await loopback((response, received) => {
      if (end === 'takes') succeed(response, received);
    });
    if (end === 'is gone') await server[Symbol.asyncDispose]();
    const made = destination(new Exporter({ url: server.url, timeoutMillis: SDK_TIMEOUT }));
    return {
      destination: made,
      arrived: async () => server.received.flatMap((one) => uidsIn(decode(one))),
      async [Symbol.asyncDispose]() {
        await made.stop();
        if (end !== 'is gone') await server[Symbol.asyncDispose]();
      },
    };
  });

destinationContract("the SDK's exporter for gRPC", async (end) => {
  const server = await grpcNextHop(() => (end === 'takes' ? new Uint8Array() : 'nothing'));
  if (end === 'is gone') await server[Symbol.asyncDispose]();
  const made = destination(new GrpcExporter({ url: `http://${server.address}`, timeoutMillis: WAIT }));
  return {
    destination: made,
    arrived: async () =>
      server.received.flatMap(({ bytes }) => uidsIn(fromBinary(ExportLogsServiceRequestSchema, bytes))),
    async [Symbol.asyncDispose]() {
      await made.stop();
      await server[Symbol.asyncDispose]();
    },
  };
});

test('any other exporter is one too; what it says of a failure is tried again', async () => {
  const exporter = new InMemoryLogRecordExporter();
  const memory = destination(exporter);
  expect(await memory.send(some, NEVER)).toEqual({ kind: 'delivered' });
  expect(exporter.getFinishedLogRecords().map(({ body }) => body)).toEqual(['scan a', 'scan b']);
  await memory.stop();
  expect(await memory.send(some, NEVER)).toEqual({ kind: 'retry', why: expect.stringMatching(/\w/) });
  const silent = destination({
    export: (_, done) => done({ code: 1 }),
    forceFlush: async () => {},
    shutdown: async () => {},
  });
  expect(await silent.send(some, NEVER)).toEqual({ kind: 'retry', why: 'it gives no reason' });
});

test.each(['0', undefined])(
  'a 503 with Retry-After %s is one attempt: the SDK does not repeat it',
  async (after) => {
    await using server = await loopback((response) =>
      response.writeHead(503, after === undefined ? {} : { 'retry-after': after }).end(),
    );
    await using siem = destination(new JsonExporter({ url: server.url, timeoutMillis: SDK_TIMEOUT }));
    expect(await siem.send(some, NEVER)).toEqual({
      kind: 'retry',
      why: 'HTTP 503 Service Unavailable',
      ...(after === undefined ? {} : { after: 0 }),
    });
    expect(server.received).toHaveLength(1);
  },
);

test.each(Object.entries(HTTP))('%s: an answer counts as if we had asked ourselves', async (_, Exporter) => {
  let calls = 0;
  await using server = await loopback((response, received) => {
    if (++calls === 1) succeed(response, received, 1, 'too\nold');
    else response.writeHead(400).end('{"code":3,"message":"attribute too long"}');
  });
  await using siem = destination(new Exporter({ url: server.url, timeoutMillis: SDK_TIMEOUT }));
  expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered', rejected: 1, why: 'too old' });
  expect(await siem.send(some, NEVER)).toEqual({
    kind: 'refused',
    why: 'HTTP 400 Bad Request: attribute too long',
  });
});

test('an answer slower than the timeout given to the SDK is waited for', async () => {
  await using server = await loopback((response, received) =>
    setTimeout(() => succeed(response, received), 40),
  );
  await using siem = destination(new JsonExporter({ url: server.url, timeoutMillis: SDK_TIMEOUT }));
  expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
  expect(await siem.send(some, NEVER)).toEqual({ kind: 'delivered' });
  expect(server.received).toHaveLength(2);
});

test('events that cannot be encoded are refused', async () => {
  const exporter = new InMemoryLogRecordExporter();
  exporter.export = () => {
    throw new Error('no such field');
  };
  await using memory = destination(exporter);
  expect(await memory.send(some, NEVER)).toEqual({
    kind: 'refused',
    why: 'cannot be encoded: Error: no such field',
  });
});
