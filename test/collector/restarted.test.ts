import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ExportLogsServiceRequestSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { Micros } from '../../src/model/time.ts';
import { refused, TEN } from '../support/events.ts';
import type { Yaml } from '../support/examples.ts';
import { type HttpReceived, httpNextHop } from '../support/next-hop.ts';
import { ONE_RULE, startSidewatch } from '../support/sidewatch.ts';
import { freePort, OTELCOL, startCollector } from './collector.ts';

const root = mkdtempSync(join(tmpdir(), 'sidewatch-restarted-'));
afterAll(() => rmSync(root, { recursive: true }));

const PATIENCE = { timeout: 60_000, interval: 50 };
/** A scan is more than five requests. */
const HALF = 4;
const clients = (network: string) => Array.from({ length: 60 }, (_, n) => `${network}.${n + 1}`);
const EARLY = clients('192.0.2');
const LATE = clients('198.51.100');

/** Lines of so many requests of each client; the clients take turns. */
const lines = (addresses: readonly string[], from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) =>
    addresses.map((address) => {
      const when = (TEN + (from + i) * 1_000_000) as Micros;
      return `${JSON.stringify(refused(when, [address]))}\n`;
    }),
  )
    .flat()
    .join('');

/** What does not get through, and how far the log was read, are on disk. */
const STORED = {
  retry_on_failure: { initial_interval: '100ms', max_interval: '500ms', max_elapsed_time: 0 },
  sending_queue: { storage: 'file_storage', block_on_overflow: true, num_consumers: 1 },
};

function reader(folder: string, sidewatch: string): Yaml {
  return {
    extensions: { file_storage: { directory: folder } },
    receivers: {
      file_log: {
        include: [join(folder, 'audit.log')],
        start_at: 'beginning',
        storage: 'file_storage',
        retry_on_failure: { enabled: true, max_elapsed_time: 0 },
      },
    },
    exporters: {
      otlp_grpc: { endpoint: sidewatch, tls: { insecure: true }, compression: 'gzip', ...STORED },
    },
    service: {
      extensions: ['file_storage'],
      pipelines: { logs: { receivers: ['file_log'], exporters: ['otlp_grpc'] } },
    },
  };
}

function writer(folder: string, from: string, to: string): Yaml {
  return {
    extensions: { file_storage: { directory: folder } },
    receivers: { otlp: { protocols: { http: { endpoint: from } } } },
    exporters: { otlp_http: { endpoint: `http://${to}`, compression: 'gzip', ...STORED } },
    service: {
      extensions: ['file_storage'],
      pipelines: { logs: { receivers: ['otlp'], exporters: ['otlp_http'] } },
    },
  };
}

/** By client: the ids of its risk events. */
function risksIn(received: readonly HttpReceived[]): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { bytes } of received)
    for (const { scopeLogs } of fromBinary(ExportLogsServiceRequestSchema, bytes).resourceLogs)
      for (const { eventName, attributes } of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
        if (eventName !== 'sidewatch.risk') continue;
        const text = (name: string) => String(attributes.find(({ key }) => key === name)?.value?.value.value);
        const client = text('client.address');
        ids.set(client, (ids.get(client) ?? new Set()).add(text('log.record.uid')));
      }
  return ids;
}

describe.skipIf(OTELCOL === undefined)('from a log over a collector, Sidewatch and a collector', () => {
  test('each scan arrives once, by its id, though a collector is killed twice and Sidewatch is away for a while', async () => {
    const folder = mkdtempSync(join(root, 'reader-'));
    const log = join(folder, 'audit.log');
    const [toSidewatch, toWriter] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const writes = join(root, 'writer');
    mkdirSync(writes);
    await using sink = await httpNextHop();
    const scans = () => risksIn(sink.received).size;
    const startReader = () => startCollector(reader(folder, toSidewatch), folder);
    const own = { destinations: { siem: { endpoint: `http://${toWriter}`, compression: 'gzip' } } };
    const start = () =>
      startSidewatch(stringify(own), {}, ONE_RULE, { grpc: `{endpoint: "${toSidewatch}"}` });
    await using _writer = await startCollector(writer(writes, toWriter, sink.address), writes);

    // Sidewatch is away. What was read for it is on the disk of a collector that is killed.
    appendFileSync(log, lines(EARLY, 0, HALF));
    {
      await using killed = await startReader();
      const queued = () => killed.metric('otelcol_exporter_queue_size', 'otlp_grpc');
      await expect.poll(queued, PATIENCE).toBeGreaterThan(0);
    }
    {
      await using running = await start();
      {
        await using _killed = await startReader();
        appendFileSync(log, lines(EARLY, HALF, 2 * HALF));
        await expect.poll(scans, PATIENCE).toBeGreaterThan(0);
      }
      {
        await using _reader = await startReader();
        await expect.poll(scans, PATIENCE).toBe(EARLY.length);
      }
      expect((await running.stop()).code).toBe(0);
    }
    await using _reader = await startReader();
    appendFileSync(log, lines(LATE, 0, 2 * HALF));
    await using running = await start();
    await expect.poll(scans, PATIENCE).toBe(EARLY.length + LATE.length);
    expect((await running.stop()).code).toBe(0);

    const risks = risksIn(sink.received);
    expect([...risks.keys()].sort()).toEqual([...EARLY, ...LATE].sort());
    for (const [client, ids] of risks) expect(ids.size, client).toBe(1);
  });
});
