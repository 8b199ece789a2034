import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Micros } from '../../src/model/time.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { upstreamCollector, upstreamSidewatch, type Yaml } from '../support/examples.ts';
import { sender } from '../support/grpc.ts';
import { startSidewatch } from '../support/sidewatch.ts';
import { type Backend, startBackend } from './backend.ts';
import { type Collector, freePort, OTELCOL, startCollector, storedIn, yamlOf } from './collector.ts';
import { agentParts, gatewayParts, sharedReceiver } from './configs.ts';

const root = mkdtempSync(join(tmpdir(), 'sidewatch-collector-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A risk event for each request, with the user in its text. */
const RULE = `title: Any Refused Request
id: 3b0d0f0e-6c1f-4d52-9a52-3a1b6a7b5f10
logsource: {product: kubernetes, service: audit}
detection: {refused: {responseStatus.code: 403}, condition: refused}
level: low
sidewatch: {risk: {message: risk of $user.username$}}
`;
const FIRST = 2000;
const LATER = 500;
/** Of the queue to Sidewatch, in bytes: a tenth of what the first lines take. */
const QUEUE = 200_000;
const BATCH = { min_size: 10_000, max_size: 50_000 };
const PATIENCE = { timeout: 60_000, interval: 50 };

const line = (n: number): string =>
  JSON.stringify(refused((TEN + n * 1000) as Micros, ['192.0.2.7'], { user: { username: `user-${n}` } }));
const lines = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i));
const risks = (to: number): readonly string[] =>
  Array.from({ length: to }, (_, n) => `risk of user-${n}`).sort();

const isRisk = (body: string): boolean => body.startsWith('risk of ');
const rawOf = ({ bodies }: Backend): readonly string[] => bodies.filter((body) => !isRisk(body));
const risksOf = ({ bodies }: Backend): readonly string[] => bodies.filter(isRisk).sort();

interface Place {
  /** The configuration of the collector, at the addresses of the test. */
  readonly collector: Yaml;
  /** The configuration of Sidewatch beside it. */
  readonly sidewatch: Yaml;
}

/** What a page or example shows, with small sizes and short pauses, at addresses of this machine. */
function here(
  shown: Yaml,
  folder: string,
  { backend, sidewatch }: { backend: string; sidewatch: string },
): Yaml {
  const { extensions, receivers, exporters, service, ...rest } = structuredClone(storedIn(shown, folder));
  for (const [id, receiver] of Object.entries<Yaml>(receivers))
    if (id.startsWith('file_log/')) receiver.include = [join(folder, 'audit*.log')];
  if (extensions.health_check) extensions.health_check.endpoint = '127.0.0.1:0';
  const toSidewatch = exporters['otlp_grpc/sidewatch'];
  toSidewatch.endpoint = sidewatch;
  toSidewatch.tls = { insecure: true };
  Object.assign(toSidewatch.retry_on_failure, { initial_interval: '100ms', max_interval: '500ms' });
  toSidewatch.sending_queue.queue_size = QUEUE;
  if (toSidewatch.sending_queue.batch) toSidewatch.sending_queue.batch = BATCH;
  for (const [id, exporter] of Object.entries<Yaml>(exporters))
    if (id.startsWith('otlp_http/'))
      Object.assign(exporter, { endpoint: backend, encoding: 'json', compression: 'none' });
  return { extensions, receivers, exporters, service, ...rest };
}

type Shown = (folder: string, backend: string) => Promise<Place>;

/** README: Sidewatch sends to a receiver of the collector. */
const readme: Shown = async (folder, backend) => {
  const address = `127.0.0.1:${await freePort()}`;
  const risk = `127.0.0.1:${await freePort()}`;
  const collector = here(yamlOf('README.md', 'file_log/audit'), folder, { backend, sidewatch: address });
  collector.receivers['otlp/risk'].protocols.http.endpoint = risk;
  const sidewatch = yamlOf('README.md', 'siem: {endpoint: "http://localhost:4328"}');
  sidewatch.receivers.otlp.protocols.grpc.endpoint = address;
  sidewatch.destinations.siem.endpoint = `http://${risk}`;
  return { collector, sidewatch };
};

/** The pod of the upstream chart: a unix socket, and Sidewatch sends to the backend. */
const upstream: Shown = async (folder, backend) => {
  const socket = `unix://${join(folder, 'otlp.sock')}`;
  const { telemetry: _, memory_limiter: __, ...sidewatch } = parse(upstreamSidewatch());
  sidewatch.receivers.otlp.protocols.grpc.endpoint = socket;
  return {
    collector: here(upstreamCollector('values.yaml'), folder, { backend, sidewatch: socket }),
    sidewatch: { ...sidewatch, destinations: { siem: direct(backend) } },
  };
};

/** The agent of the Splunk chart, with a backend in the place of Splunk. */
const splunk: Shown = async (folder, backend) => {
  const address = `127.0.0.1:${await freePort()}`;
  return {
    collector: here(agentParts('agent-and-gateway.yaml'), folder, { backend, sidewatch: address }),
    sidewatch: {
      receivers: { otlp: { protocols: { grpc: { endpoint: address } } } },
      destinations: { siem: direct(backend) },
    },
  };
};

const direct = (endpoint: string) => ({ endpoint, protocol: 'http/json', compression: 'none' });

function startBeside(sidewatch: Yaml, folder: string): ReturnType<typeof startSidewatch> {
  const rules = join(folder, 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'any.yml'), RULE);
  const { receivers, ...rest } = sidewatch;
  const storage = rest.storage && { ...rest.storage, directory: join(folder, 'store') };
  const own = { ...rest, storage, rules: { ...rest.rules, packs: [], files: [rules] } };
  return startSidewatch(stringify(own), {}, '', { receivers: stringify({ receivers }) });
}

const acceptedForSidewatch = (collector: Collector): Promise<number> =>
  collector.metric('otelcol_receiver_accepted_log_records', 'file_log/sidewatch');

describe.skipIf(OTELCOL === undefined)('while Sidewatch is away', () => {
  test.each<[string, Shown]>([
    ['README', readme],
    ['the upstream chart', upstream],
    ['the Splunk chart', splunk],
  ])(
    'the backend gets every line once, at once, with the configuration for %s; then Sidewatch gets all',
    async (name, shown) => {
      const folder = mkdtempSync(join(root, `${name.replaceAll(' ', '-')}-`));
      const log = join(folder, 'audit.log');
      await using backend = await startBackend();
      const place = await shown(folder, backend.url);
      const first = lines(0, FIRST);
      writeFileSync(log, `${first.join('\n')}\n`);
      await using collector = await startCollector(place.collector, folder);

      await expect.poll(() => rawOf(backend).length, PATIENCE).toBeGreaterThanOrEqual(FIRST);
      const queued = () => collector.metric('otelcol_exporter_queue_size', 'otlp_grpc/sidewatch');
      await expect.poll(queued, PATIENCE).toBeGreaterThan(QUEUE / 2);
      // Full: reading for Sidewatch waits.
      expect(await acceptedForSidewatch(collector)).toBeLessThan(FIRST);

      const later = lines(FIRST, FIRST + LATER);
      appendFileSync(log, `${later.join('\n')}\n`);
      await expect.poll(() => rawOf(backend).length, PATIENCE).toBeGreaterThanOrEqual(FIRST + LATER);
      expect(await acceptedForSidewatch(collector)).toBeLessThan(FIRST);

      await using running = await startBeside(place.sidewatch, folder);
      await expect.poll(() => risksOf(backend).length, PATIENCE).toBeGreaterThanOrEqual(FIRST + LATER);
      expect(risksOf(backend)).toEqual(risks(FIRST + LATER));
      expect([...rawOf(backend)].sort()).toEqual([...first, ...later].sort());
      expect((await running.stop()).code).toBe(0);
    },
  );

  test('a shared receiver costs Sidewatch records, which are counted, and the backend nothing', async () => {
    const folder = mkdtempSync(join(root, 'shared-'));
    await using backend = await startBackend();
    const at = `127.0.0.1:${await freePort()}`;
    const config = here(sharedReceiver(), folder, { backend: backend.url, sidewatch: '127.0.0.1:1' });
    config.receivers.otlp.protocols.grpc.endpoint = at;
    await using collector = await startCollector(config, folder);
    await using client = sender(at);
    const sent = lines(0, FIRST);
    for (let i = 0; i < FIRST; i += 100) await client.send(otlpBytes(sent.slice(i, i + 100)));

    const dropped = () =>
      collector.metric('otelcol_exporter_enqueue_failed_log_records', 'otlp_grpc/sidewatch');
    await expect.poll(dropped, PATIENCE).toBeGreaterThan(0);
    await expect.poll(() => rawOf(backend).length, PATIENCE).toBeGreaterThanOrEqual(FIRST);
    expect([...rawOf(backend)].sort()).toEqual([...sent].sort());
  });

  test("the Splunk chart's gateway gives its answer, so that the records stay in the agent's queue", async () => {
    const folder = mkdtempSync(join(root, 'gateway-'));
    const [at, away] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const config = gatewayParts('gateway-sidecar/values.yaml');
    config.receivers['otlp/sidewatch'].protocols.grpc.endpoint = at;
    config.exporters['otlp_grpc/sidewatch'].endpoint = away;
    await using _ = await startCollector(config, folder);
    await using client = sender(at);
    await expect(client.send(otlpBytes(lines(0, 3)))).rejects.toMatchObject({ code: 14 });

    await using backend = await startBackend();
    const receivers = { otlp: { protocols: { grpc: { endpoint: away } } } };
    await using _running = await startBeside(
      { receivers, destinations: { siem: direct(backend.url) } },
      folder,
    );
    const answered = () => client.send(otlpBytes(lines(0, 3))).then(() => true);
    await expect.poll(() => answered().catch(() => false), PATIENCE).toBe(true);
    await expect.poll(() => risksOf(backend), PATIENCE).toEqual(risks(3));
  });
});
