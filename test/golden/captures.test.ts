import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { replay } from '../../src/commands/replay/replay.ts';
import { ExportLogsServiceRequestSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { parseTime } from '../../src/lib/time-format.ts';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Micros } from '../../src/model/time.ts';
import { startGrpc } from '../../src/receive/grpc/grpc.ts';
import { engine } from '../support/engine.ts';
import { otlpBytes, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { end } from '../support/hits.ts';
import { scanning } from '../support/scanning.ts';

// Events of a real API server; what the two scanning rules say of each file stands in test/captures/expected.json.

type Expected = Record<'escu' | 'sidewatch', Record<string, number>>;
const captures = new URL('../captures/', import.meta.url);
const expected: Record<string, Expected> = JSON.parse(
  readFileSync(new URL('expected.json', captures), 'utf8'),
);
const files = ['metadata', 'request-response'].flatMap((level) =>
  readdirSync(new URL(`${level}/`, captures)).map((name) => ({
    file: `${level}/${name}`,
    scenario: name.replace(/\.ndjson(\.gz)?$/, ''),
  })),
);

/** Loopback addresses have no place; here everybody lives in one, so that parity's counts can be compared. */
const everywhere = {
  locate: () => ({ countryCode: 'NL', country: 'Netherlands', city: 'Amsterdam', lat: 52, lon: 4.5 }),
};

function bytesOf(file: string): Buffer {
  const bytes = readFileSync(new URL(file, captures));
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

function linesOf(file: string): string[] {
  return bytesOf(file)
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** The greatest stageTimestamp: a clock for the recording. */
function clockOf(lines: readonly string[]): Micros {
  const times = lines.flatMap((line) => parseTime(/"stageTimestamp":"([^"]+)"/.exec(line)?.[1] ?? '') ?? []);
  return Math.max(...times) as Micros;
}

/** Final counts of scans by address: the summary's where there is one. */
function counts(events: readonly RiskEvent[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { detection } of scanning(events)) {
    const address = detection.group['sourceIPs'] ?? detection.group['client.address'] ?? 'unknown';
    found[address] = Math.max(found[address] ?? 0, detection.count);
  }
  return found;
}

async function overGrpc(
  pack: string,
  requests: readonly Uint8Array[],
  clock: Micros,
  geo: typeof everywhere | 'real',
  more = '',
) {
  const run = await engine(`rules: {packs: [${pack}]}\n${more}`, geo);
  const receiver = await startGrpc(
    { endpoint: '127.0.0.1:0', maxRequestBytes: 64 * 2 ** 20 },
    ({ bytes, arrived }) => run.handle(bytes, arrived),
    () => clock,
  );
  try {
    await using grpc = sender(receiver.address);
    for (const request of requests) expect((await grpc.send(request)).partialSuccess).toBeUndefined();
  } finally {
    await receiver.stop(AbortSignal.timeout(5000));
  }
  await run.end();
  await run.close(end);
  return run.fired();
}

function batches(lines: readonly string[]): Uint8Array[] {
  const size = 200;
  return Array.from({ length: Math.ceil(lines.length / size) }, (_, i) =>
    otlpBytes(lines.slice(i * size, (i + 1) * size), { 'k8s.cluster.name': 'prod-eu-1' }),
  );
}

test('every capture has its expectation', () => {
  expect([...new Set(files.map(({ scenario }) => scenario))].sort()).toEqual(Object.keys(expected).sort());
});

describe.each(files)('$file', ({ file, scenario }) => {
  const lines = linesOf(file);
  const { escu, sidewatch } = expected[scenario]!;

  test('over gRPC, escu', async () => {
    expect(counts(await overGrpc('escu', batches(lines), clockOf(lines), everywhere))).toEqual(escu);
  });

  test('over gRPC and from the file, sidewatch: the same detections', async () => {
    const wire = await overGrpc('sidewatch', batches(lines), clockOf(lines), 'real');
    expect(counts(wire)).toEqual(sidewatch);
    const pieces: string[] = [];
    const collect = new Writable({
      write(chunk, _, done) {
        pieces.push(String(chunk));
        done();
      },
    });
    const path = new URL(file, captures).pathname;
    const code = await replay(
      [path],
      { output: 'json', cluster: 'prod-eu-1' },
      { out: collect, err: new Writable({ write: (_, __, done) => done() }) },
    );
    expect(code).toBe(0);
    const ids = pieces
      .join('')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : JSON.parse(line).attributes['log.record.uid']));
    expect(ids.sort()).toEqual(wire.map(({ uid }) => uid).sort());
  });
});

test('the seed detection over real places: only the claimed address, which has a country, fires', async () => {
  for (const [scenario, rows] of [
    ['xff', { '81.2.69.142': 18 }],
    ['paths', {}],
  ] as const) {
    const lines = linesOf(`metadata/${scenario}.ndjson`);
    expect(counts(await overGrpc('escu', batches(lines), clockOf(lines), 'real'))).toEqual(rows);
  }
});

test('a trusted proxy names its client', async () => {
  const lines = linesOf('metadata/xff.ndjson');
  const fired = await overGrpc(
    'sidewatch',
    batches(lines),
    clockOf(lines),
    'real',
    'client: {trusted_proxies: [127.0.0.0/8]}',
  );
  expect(counts(fired)).toEqual({ '81.2.69.142': 17 });
  expect(scanning(fired)[0]?.attributes).toMatchObject({
    'client.address': '81.2.69.142',
    'client.geo.country.name': 'United Kingdom',
    'client.geo.locality.name': 'London',
  });
});

describe('what a real collector sent for kube-hunter', () => {
  const clock = clockOf(linesOf('metadata/kube-hunter.ndjson'));
  const bin = (name: string) => readFileSync(new URL(`otlp/kube-hunter.${name}`, captures));
  const forms: Record<string, () => Uint8Array> = {
    'grpc.bin': () => bin('grpc.bin'),
    'http-protobuf.bin': () => bin('http-protobuf.bin'),
    'http-gzip.bin': () => gunzipSync(bin('http-gzip.bin')),
    'http-zstd.bin': () => zstdDecompressSync(bin('http-zstd.bin')),
    'http-parsed-body.bin': () => bin('http-parsed-body.bin'),
    'http-parsed-attributes.bin': () => bin('http-parsed-attributes.bin'),
    'http-json.json': () =>
      toBinary(
        ExportLogsServiceRequestSchema,
        fromJson(ExportLogsServiceRequestSchema, JSON.parse(bin('http-json.json').toString()), {
          ignoreUnknownFields: true,
        }),
      ),
  };
  test.each(Object.keys(forms))('%s', async (form) => {
    const fired = await overGrpc('sidewatch', [forms[form]!()], clock, 'real');
    expect(counts(fired)).toEqual({ '127.0.0.1': 6 });
    expect(scanning(fired)[0]?.resource).toMatchObject({
      'service.name': 'sidewatch',
      'k8s.cluster.name': 'prod-eu-1',
    });
    expect(scanning(fired)[0]?.resource).not.toHaveProperty('com.splunk.index');
  });
});

describe('what the audit webhook sent', () => {
  test.each(['eventlist-small.json', 'eventlist-scan.json.gz'])('%s', async (name) => {
    const body = bytesOf(`webhook/${name}`).toString();
    const items = (
      JSON.parse(body) as { items: { responseStatus?: { code?: number }; user?: { groups?: string[] } }[] }
    ).items;
    const refused = items.filter(
      ({ responseStatus, user }) =>
        responseStatus?.code === 403 && user?.groups?.includes('system:unauthenticated'),
    );
    const fired = await overGrpc(
      'escu',
      [otlpBytes([body])],
      clockOf(items.map((item) => JSON.stringify(item))),
      everywhere,
    );
    expect(Object.values(counts(fired)).reduce((a, b) => a + b, 0)).toBe(
      refused.length > 5 ? refused.length : 0,
    );
  });
});

const samples = new URL('../../../shared/samples/', import.meta.url);
const present = existsSync(samples);
describe(
  present
    ? 'samples of other projects'
    : 'samples of other projects: skipped, ../shared/samples is not there',
  () => {
    const read = async (name: string) => {
      const run = await engine('rules: {packs: [escu, sidewatch]}', everywhere);
      const lines = readFileSync(new URL(name, samples), 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '');
      const verdict = await run.handle(otlpBytes(lines), TEN);
      await run.end();
      await run.close(end);
      return {
        verdict,
        events: run.counters.of('events'),
        lines: lines.length,
        fired: counts(await run.fired()),
      };
    };
    test.skipIf(!present)('an authenticated user who is refused is no scanner', async () => {
      expect(await read('audit2rbac_demo.log')).toEqual({
        verdict: { kind: 'accepted', rejected: 0 },
        events: 37,
        lines: 37,
        fired: {},
      });
      expect(await read('splunk_data_source_example_403.json')).toMatchObject({ events: 1, fired: {} });
      expect(await read('falco_watch_test_event.json')).toMatchObject({ events: 1, fired: {} });
    });
    test.skipIf(!present)('a made-up kube-hunter run is one', async () => {
      expect(Object.keys((await read('synthetic_kube-hunter_anonymous.ndjson')).fired)).toHaveLength(1);
    });
    test.skipIf(!present)('old shapes are read, and the malformed line is rejected beside them', async () => {
      expect(await read('falco_legacy_v1beta1_and_edge.ndjson')).toMatchObject({ lines: 3, fired: {} });
    });
  },
);
