import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { ONE_RULE, sidewatch, startSidewatch } from '../support/sidewatch.ts';
import { samplesOf } from '../unit/telemetry/prometheus-text.ts';

const PORTS =
  'telemetry: {health: {endpoint: "127.0.0.1:0"}, metrics: {endpoint: "127.0.0.1:0", level: LEVEL}, logs: {detections: warn}}';
const ports = (level = 'normal') => PORTS.replace('LEVEL', level);
const scan = () =>
  otlpBytes(
    Array.from({ length: 6 }, (_, i) => refused((TEN + i * 1_000_000) as Micros, ['192.0.2.7'])),
    { 'k8s.cluster.name': 'prod' },
  );

/** A backend that takes everything, or nothing. */
async function backend(status: number) {
  let asked = () => {};
  const paths: string[] = [];
  const once = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      paths.push(`${request.url} ${request.headers['x-key'] ?? ''}`);
      response.writeHead(status).end();
      asked();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    destination: `destinations: {siem: {endpoint: "${url}"}}`,
    /** What was asked for, with the header that only metrics have. */
    paths,
    once,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

test('a detection is seen in the log and in the metrics, by the name of its rule', async () => {
  await using sink = await backend(200);
  await using running = await startSidewatch(`${sink.destination}\n${ports()}`);
  await using grpc = sender(running.grpc);
  const line = running.says(/detection: /);
  await grpc.send(scan());
  expect(await line).toMatch(
    / {2}warn {2}detection: Kubernetes scanning from ip 192\.0\.2\.7 {2}rule=\S+ rule_level=medium client=192\.0\.2\.7 cluster=\S+ count=6\+ at=2\S+$/,
  );
  const [, rule] = / rule=(\S+)/.exec(await line)!;
  expect(rule).toMatch(/^kubernetes_\w+$/);
  await sink.once;
  const text = await (await fetch(`http://${running.metrics}/metrics`)).text();
  const samples = samplesOf(text);
  const value = (name: string, labels: object = {}) =>
    samples.find((one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels))?.value;
  expect(value('sidewatch_detections_total', { rule, level: 'medium' })).toBe(1);
  expect(value('sidewatch_events_total')).toBe(6);
  expect(value('sidewatch_detection_delay_seconds_count')).toBe(1);
  expect(value('sidewatch_event_last_time_seconds', { k8s_cluster_name: 'prod' })).toBe(TEN / 1e6);
  expect(value('sidewatch_outbox_capacity', { destination: 'siem' })).toBe(10_000);
  // No id of a rule anywhere.
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  const { err } = await running.stop();
  expect(err).toContain(`detections{${rule}}=1`);
  expect(err).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
});

test('metrics are sent to the receiver of the configuration, a last time at the stop; one that is not there is logged', async () => {
  await using sink = await backend(200);
  const push = (url: string) =>
    startSidewatch(`telemetry: {metrics: {otlp: {endpoint: "${url}/base", headers: {x-key: s3cret}}}}`, {
      // For risk events of the environment's destination, never for metrics.
      OTEL_EXPORTER_OTLP_HEADERS: 'x-other=1',
    });
  {
    await using running = await push(sink.url);
    expect((await running.stop()).code).toBe(0);
    expect(sink.paths).toEqual(['/base/v1/metrics s3cret']);
  }
  await using running = await push('http://127.0.0.1:1');
  const { code, err } = await running.stop();
  expect([code, err]).toEqual([0, expect.stringMatching(/metrics were not sent.*stopped: /s)]);
  expect(err).not.toContain('s3cret');
});

test('at basic no metric names a rule', async () => {
  await using running = await startSidewatch(ports('basic'));
  await using grpc = sender(running.grpc);
  await grpc.send(scan());
  expect(await running.line()).toContain('sidewatch.risk');
  const text = await (await fetch(`http://${running.metrics}/metrics`)).text();
  expect(text).not.toContain('rule=');
  expect(samplesOf(text)).toContainEqual({
    name: 'sidewatch_detections_total',
    labels: { level: 'medium' },
    value: 1,
  });
  // Risk events go to stdout, so the log does not repeat them.
  expect((await running.stop()).err).not.toContain('detection: ');
});

test('a running sidewatch lives and is ready; one that stops lives and is not ready', async () => {
  await using sink = await backend(503);
  await using running = await startSidewatch(`${sink.destination}\ndelivery: {drain: 1h}\n${ports()}`);
  for (const ready of [[], ['--ready']])
    expect(await sidewatch(['health', '--endpoint', running.health, ...ready])).toEqual({
      code: 0,
      out: 'ok\n',
      err: '',
    });
  await using grpc = sender(running.grpc);
  await grpc.send(scan());
  await sink.once;
  const stopping = running.says(/stopping: /);
  running.signal('SIGTERM');
  await stopping;
  const at = `http://${running.health}`;
  expect((await fetch(`${at}/livez`)).status).toBe(200);
  const readyz = await fetch(`${at}/readyz`);
  expect([readyz.status, await readyz.json()]).toEqual([
    503,
    { status: 'unavailable', reasons: ['Sidewatch is stopping'] },
  ]);
  expect((await sidewatch(['health', '--endpoint', running.health, '--ready'])).out).toBe(
    'unavailable: Sidewatch is stopping\n',
  );
});

test('an outbox that is nearly full is not ready, and says why', async () => {
  await using sink = await backend(503);
  const destination = sink.destination.replace('"}', '", sending_queue: {queue_size: 1}}');
  await using running = await startSidewatch(`${destination}\n${ports()}`, {}, ONE_RULE);
  await using grpc = sender(running.grpc);
  await grpc.send(scan());
  const readyz = await fetch(`http://${running.health}/readyz`);
  expect([readyz.status, await readyz.json()]).toEqual([
    503,
    {
      status: 'unavailable',
      reasons: ['the outbox is nearly full: 1 of 1 risk events wait for siem'],
    },
  ]);
});

test('an address that cannot be listened on is an error that names its key', async () => {
  await using running = await startSidewatch(ports());
  for (const key of ['health', 'metrics'] as const) {
    const taken = `telemetry: {${key}: {endpoint: "${running[key]}"}}`;
    await expect(startSidewatch(taken)).rejects.toThrow(`set telemetry.${key}.endpoint`);
  }
});
