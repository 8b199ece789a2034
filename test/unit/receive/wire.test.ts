import { readFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { createRegistry, equals, fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { describe, expect, it } from 'vitest';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { AnyValue, KeyValue } from '../../../src/gen/opentelemetry/proto/common/v1/common_pb.ts';
import { SeverityNumber } from '../../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { reply } from '../../../src/receive/reply.ts';

const captures = new URL('../../captures/', import.meta.url);
const otlp = (name: string) => readFileSync(new URL(`otlp/kube-hunter.${name}`, captures));
const lines = readFileSync(new URL('metadata/kube-hunter.ndjson', captures), 'utf8').trimEnd().split('\n');

const decode = (bytes: Uint8Array) => fromBinary(ExportLogsServiceRequestSchema, bytes);
const records = (request: ExportLogsServiceRequest) =>
  request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
const bodies = (request: ExportLogsServiceRequest) => records(request).map(({ body }) => plain(body));

/** An AnyValue as the JSON value that it stands for; int64 as bigint. */
function plain(any: AnyValue | undefined): unknown {
  if (any === undefined) return null;
  switch (any.value.case) {
    case undefined:
      return null;
    case 'arrayValue':
      return any.value.value.values.map(plain);
    case 'kvlistValue':
      return map(any.value.value.values);
    default:
      return any.value.value;
  }
}

function map(pairs: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));
}

describe('what the JavaScript SDK sends', () => {
  it('decodes to the fields that were emitted', () => {
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ 'k8s.cluster.name': 'prod-eu-1', 'service.name': 'audit' }),
      processors: [new SimpleLogRecordProcessor({ exporter })],
    });
    const logger = provider.getLogger('sidewatch', '0.1.0');
    logger.emit({
      timestamp: [1_768_467_791, 309_113_007],
      observedTimestamp: [1_768_467_792, 1],
      severityNumber: 13,
      severityText: 'medium',
      eventName: 'sidewatch.risk',
      body: 'Kubernetes scanning from ip 192.0.2.1 \u{1F600}',
      attributes: {
        text: 'a',
        whole: 49,
        negative: -7,
        large: Number.MAX_SAFE_INTEGER,
        half: 51.5,
        yes: true,
        no: false,
        list: ['x', 'y'],
        nothing: [],
        bytes: Uint8Array.of(0, 255),
        nested: { inner: { deep: [1, 'two', null] } },
      },
    });
    logger.emit({
      body: { auditID: 'a', sourceIPs: ['192.0.2.1'], responseStatus: { code: 403 } },
      severityNumber: 10,
    });
    logger.emit({ body: Uint8Array.of(123, 125) });

    const bytes = ProtobufLogsSerializer.serializeRequest(exporter.getFinishedLogRecords())!;
    const request = decode(bytes);
    expect(request.resourceLogs).toHaveLength(1);
    const { resource, scopeLogs } = request.resourceLogs[0]!;
    expect(map(resource!.attributes)).toEqual({ 'k8s.cluster.name': 'prod-eu-1', 'service.name': 'audit' });
    expect(scopeLogs).toMatchObject([{ scope: { name: 'sidewatch', version: '0.1.0' } }]);
    const [risk, parsed, raw] = records(request);
    expect(risk).toMatchObject({
      timeUnixNano: 1_768_467_791_309_113_007n,
      observedTimeUnixNano: 1_768_467_792_000_000_001n,
      severityNumber: SeverityNumber.WARN,
      severityText: 'medium',
      eventName: 'sidewatch.risk',
    });
    expect(plain(risk!.body)).toBe('Kubernetes scanning from ip 192.0.2.1 \u{1F600}');
    expect(map(risk!.attributes)).toEqual({
      text: 'a',
      whole: 49n,
      negative: -7n,
      large: BigInt(Number.MAX_SAFE_INTEGER),
      half: 51.5,
      yes: true,
      no: false,
      list: ['x', 'y'],
      nothing: [],
      bytes: Uint8Array.of(0, 255),
      nested: { inner: { deep: [1n, 'two', null] } },
    });
    // A severity that our .proto does not name keeps its number.
    expect(parsed!.severityNumber).toBe(10);
    expect(plain(parsed!.body)).toEqual({
      auditID: 'a',
      sourceIPs: ['192.0.2.1'],
      responseStatus: { code: 403n },
    });
    expect(plain(raw!.body)).toEqual(Uint8Array.of(123, 125));
  });
});

describe('what the JavaScript SDK reads of our answers', () => {
  it('is the partial success', () => {
    const { bytes } = reply({ kind: 'accepted', rejected: 3, why: 'cut short' });
    expect(ProtobufLogsSerializer.deserializeResponse(bytes)).toEqual({
      partialSuccess: { rejectedLogRecords: 3, errorMessage: 'cut short' },
    });
  });

  it('is nothing where everything was taken', () => {
    const { bytes } = reply({ kind: 'accepted', rejected: 0 });
    expect(ProtobufLogsSerializer.deserializeResponse(bytes)).toEqual({});
  });
});

describe('what a collector sends', () => {
  const decompressed = {
    'grpc.bin': otlp('grpc.bin'),
    'http-protobuf.bin': otlp('http-protobuf.bin'),
    'http-gzip.bin': gunzipSync(otlp('http-gzip.bin')),
    'http-zstd.bin': zstdDecompressSync(otlp('http-zstd.bin')),
    'http-parsed-body.bin': otlp('http-parsed-body.bin'),
    'http-parsed-attributes.bin': otlp('http-parsed-attributes.bin'),
  };

  it.each(Object.entries(decompressed))(
    '%s holds every line of the log, and survives being written again',
    (_, bytes) => {
      const request = decode(bytes);
      expect(records(request)).toHaveLength(lines.length);
      expect(map(request.resourceLogs[0]!.resource!.attributes)['k8s.cluster.name']).toBe('prod-eu-1');
      const again = decode(toBinary(ExportLogsServiceRequestSchema, request));
      expect(
        equals(ExportLogsServiceRequestSchema, again, request, {
          unknown: true,
          registry: createRegistry(),
        }),
      ).toBe(true);
    },
  );

  it.each(['grpc.bin', 'http-protobuf.bin', 'http-gzip.bin', 'http-zstd.bin'] as const)(
    '%s has the lines themselves as bodies',
    (name) => {
      expect(bodies(decode(decompressed[name]))).toEqual(lines);
    },
  );

  it('http-parsed-body.bin has each line as a map, numbers as doubles', () => {
    expect(bodies(decode(decompressed['http-parsed-body.bin']))).toEqual(
      lines.map((line) => JSON.parse(line)),
    );
  });

  it('http-parsed-attributes.bin has the line as body and its members among the attributes', () => {
    const request = decode(decompressed['http-parsed-attributes.bin']);
    expect(bodies(request)).toEqual(lines);
    records(request).forEach(({ attributes }, i) => {
      expect(map(attributes)).toMatchObject(JSON.parse(lines[i]!));
    });
  });

  it('http-json.json decodes as JSON, whatever fields it has that we do not know', () => {
    const json = JSON.parse(otlp('http-json.json').toString());
    json.resourceLogs[0].scopeLogs[0].logRecords[0].traceId = '5b8efff798038103d269b633813fc60c';
    const request = fromJson(ExportLogsServiceRequestSchema, json, { ignoreUnknownFields: true });
    expect(bodies(request)).toEqual(lines);
    expect(records(request)[0]!.observedTimeUnixNano).toBe(
      BigInt(json.resourceLogs[0].scopeLogs[0].logRecords[0].observedTimeUnixNano),
    );
    expect(map(request.resourceLogs[0]!.resource!.attributes)['k8s.cluster.name']).toBe('prod-eu-1');
  });
});
