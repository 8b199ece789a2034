import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ExportLogsServiceRequestSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { InstrumentationScopeSchema } from '../../src/gen/opentelemetry/proto/common/v1/common_pb.ts';
import { LogRecordSchema } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { ResourceSchema } from '../../src/gen/opentelemetry/proto/resource/v1/resource_pb.ts';
import type { Micros } from '../../src/model/time.ts';
import { refused, TEN } from '../support/events.ts';
import type { Yaml } from '../support/examples.ts';
import { type HttpReceived, httpNextHop } from '../support/next-hop.ts';
import { startSidewatch } from '../support/sidewatch.ts';
import { type Backend, startBackend } from './backend.ts';
import { freePort, OTELCOL, startCollector } from './collector.ts';

const root = mkdtempSync(join(tmpdir(), 'sidewatch-chained-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A risk event for each request, with the user in its text. */
const RULE = `title: Any Refused Request
id: 3b0d0f0e-6c1f-4d52-9a52-3a1b6a7b5f11
logsource: {product: kubernetes, service: audit}
detection: {refused: {responseStatus.code: 403}, condition: refused}
level: low
sidewatch: {risk: {message: risk of $user.username$}}
`;
const FIRST = 1000;
const LATER = 500;
const PATIENCE = { timeout: 60_000, interval: 50 };

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    const event = refused((TEN + n * 1000) as Micros, ['192.0.2.7'], { user: { username: `user-${n}` } });
    return `${JSON.stringify(event)}\n`;
  }).join('');

const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`;

/** Reads a log, and sends each record twice: to Sidewatch, and past it. */
function firstCollector(folder: string, sidewatch: string, direct: string): Yaml {
  const to = (endpoint: string) => ({
    endpoint,
    tls: { insecure: true },
    retry_on_failure: { initial_interval: '100ms', max_interval: '500ms', max_elapsed_time: 0 },
    sending_queue: { queue_size: 1_000_000 },
  });
  return {
    receivers: { file_log: { include: [join(folder, 'audit.log')], start_at: 'beginning' } },
    exporters: { 'otlp_grpc/sidewatch': to(sidewatch), 'otlp_grpc/direct': to(direct) },
    service: {
      pipelines: {
        logs: { receivers: ['file_log'], exporters: ['otlp_grpc/sidewatch', 'otlp_grpc/direct'] },
      },
    },
  };
}

/** Receives at two places, and keeps apart what came to each of them. */
function secondCollector(places: Readonly<Record<string, Yaml>>): Yaml {
  const named = (part: string, make: (place: Yaml) => Yaml) =>
    Object.fromEntries(Object.entries(places).map(([name, place]) => [`${part}/${name}`, make(place)]));
  return {
    receivers: named('otlp', ({ protocols }) => ({ protocols })),
    exporters: named('otlp_http', ({ to }) => ({ endpoint: `http://${to}`, compression: 'none' })),
    service: {
      pipelines: Object.fromEntries(
        Object.keys(places).map((name) => [
          `logs/${name}`,
          { receivers: [`otlp/${name}`], exporters: [`otlp_http/${name}`] },
        ]),
      ),
    },
  };
}

/** Each record with its resource and its scope, as bytes. */
function recordsOf(received: readonly HttpReceived[]): readonly string[] {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return received
    .flatMap(({ bytes }) => fromBinary(ExportLogsServiceRequestSchema, bytes).resourceLogs)
    .flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ scope, logRecords }) =>
        logRecords.map((record) =>
          [
            resource ? hex(toBinary(ResourceSchema, resource)) : '',
            scope ? hex(toBinary(InstrumentationScopeSchema, scope)) : '',
            hex(toBinary(LogRecordSchema, record)),
          ].join(' '),
        ),
      ),
    )
    .sort();
}

const risksOf = ({ bodies }: Backend): readonly string[] => [...bodies].sort();
const risks = (to: number): readonly string[] =>
  Array.from({ length: to }, (_, n) => `risk of user-${n}`).sort();

describe.skipIf(OTELCOL === undefined)('between two collectors', () => {
  test.each<[string, 'gzip' | 'none']>([
    ['grpc', 'none'],
    ['grpc', 'gzip'],
    ['http/protobuf', 'gzip'],
  ])(
    'every record arrives at the second, byte for byte, and once, while Sidewatch comes, goes and comes back: %s, %s',
    async (protocol, compression) => {
      const folder = mkdtempSync(join(root, 'chain-'));
      const log = join(folder, 'audit.log');
      const rules = join(folder, 'rules');
      mkdirSync(rules);
      writeFileSync(join(rules, 'any.yml'), RULE);
      writeFileSync(log, lines(0, FIRST));
      await using chained = await httpNextHop();
      await using direct = await httpNextHop();
      await using backend = await startBackend();
      const [toSidewatch, toDirect, toChained] = [await address(), await address(), await address()];
      const chainedBy = protocol === 'grpc' ? 'grpc' : 'http';
      const second = secondCollector({
        direct: { protocols: { grpc: { endpoint: toDirect } }, to: direct.address },
        chained: { protocols: { [chainedBy]: { endpoint: toChained } }, to: chained.address },
      });
      const own = {
        rules: { packs: [], files: [rules] },
        forward: { endpoint: `http://${toChained}`, protocol, compression },
        destinations: { siem: { endpoint: backend.url, protocol: 'http/json', compression: 'none' } },
      };
      const start = () => startSidewatch(stringify(own), {}, '', { grpc: `{endpoint: "${toSidewatch}"}` });

      mkdirSync(join(folder, 'second'));
      await using _second = await startCollector(second, join(folder, 'second'));
      await using _first = await startCollector(firstCollector(folder, toSidewatch, toDirect), folder);
      await expect.poll(() => recordsOf(direct.received).length, PATIENCE).toBe(FIRST);
      expect(chained.received).toEqual([]);
      {
        await using running = await start();
        await expect.poll(() => recordsOf(chained.received).length, PATIENCE).toBe(FIRST);
        expect((await running.stop()).code).toBe(0);
      }
      appendFileSync(log, lines(FIRST, FIRST + LATER));
      await expect.poll(() => recordsOf(direct.received).length, PATIENCE).toBe(FIRST + LATER);
      {
        await using running = await start();
        await expect.poll(() => recordsOf(chained.received).length, PATIENCE).toBe(FIRST + LATER);
        expect((await running.stop()).code).toBe(0);
      }
      expect(recordsOf(chained.received)).toEqual(recordsOf(direct.received));
      expect(risksOf(backend)).toEqual(risks(FIRST + LATER));
    },
  );
});
