import { Agent, createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { Ms } from '../../../src/model/time.ts';
import { createCounters } from '../../../src/ops/counter-store.ts';
import { startMeters } from '../../../src/telemetry/meters.ts';
import { otlpPush } from '../../../src/telemetry/otlp-push.ts';
import { sources } from './measured.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function receiver(status: number) {
  const requests: { headers: IncomingMessage['headers']; url: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const raw = await buffer(request);
    const gzip = request.headers['content-encoding'] === 'gzip';
    const body = (gzip ? gunzipSync(raw) : raw).toString('latin1');
    requests.push({ headers: request.headers, url: request.url, body });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`, requests };
}

function pushing(url: string) {
  const counters = createCounters();
  const failures: string[] = [];
  const reader = otlpPush({
    url,
    headers: { authorization: 'Bearer s3cret' },
    timeout: 1000 as Ms,
    compression: 'gzip',
    interval: 3_600_000 as Ms,
    agent: new Agent(),
    version: '1.2.3',
    failed: (why) => failures.push(why),
  });
  const options = { level: 'normal', version: '1.2.3', node: '24', resource: {} } as const;
  return { meters: startMeters(sources(counters), options, [reader]), counters, failures };
}

test('metrics are sent with the OpenTelemetry names and units, a last time at a stop', async () => {
  const { url, requests } = await receiver(200);
  const { meters, counters, failures } = pushing(url);
  counters.add('matches', 3, 'scan');
  meters.detected(1 as Ms);
  await meters.stop();
  expect(requests).toHaveLength(1);
  const [{ headers, url: path, body }] = requests as [(typeof requests)[number]];
  expect([path, headers['content-type'], headers['authorization'], headers['user-agent']]).toEqual([
    '/v1/metrics',
    'application/x-protobuf',
    'Bearer s3cret',
    expect.stringMatching(/^sidewatch\/1\.2\.3/),
  ]);
  for (const text of ['sidewatch.matches', '{match}', 'name of scan', 'sidewatch.detection.delay'])
    expect(body).toContain(text);
  expect(failures).toEqual([]);
});

test('metrics that are not accepted are reported, without secrets', async () => {
  const { url } = await receiver(403);
  const { meters, failures } = pushing(url);
  await meters.stop();
  expect(failures).toHaveLength(1);
  expect(failures.join()).not.toContain('s3cret');
});

test('a receiver that is not there is reported', async () => {
  const { meters, failures } = pushing('http://127.0.0.1:1/v1/metrics');
  await meters.stop();
  expect(failures).toEqual([expect.stringMatching(/ECONNREFUSED|retr/i)]);
});
