import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { otlpDestination } from '../../src/export/otlp-destination.ts';
import { otlpLogRecords } from '../../src/formats/otlp-log-records.ts';
import { seconds } from '../../src/lib/time-format.ts';
import { wallClock } from '../../src/ops/clock.ts';
import { authority } from '../support/authority.ts';
import { aRiskEvent } from '../unit/export/loopback.ts';
import { freePort, OTELCOL, startCollector } from './collector.ts';

const folder = mkdtempSync(join(tmpdir(), 'collector-destinations-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, pem: string): string => {
  writeFileSync(join(folder, name), pem);
  return join(folder, name);
};

/** What the collector gives to its own backend. */
async function behind() {
  const arrived = Promise.withResolvers<{ readonly resourceLogs: unknown }>();
  const server = createServer(async (request, response) => {
    arrived.resolve(JSON.parse(await text(request)));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: arrived.promise,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe.skipIf(!OTELCOL)('a real collector takes risk events', () => {
  test.each([
    ['http/json', 'gzip', 'plain'],
    ['http/protobuf', 'gzip', 'plain'],
    ['grpc', 'gzip', 'plain'],
    ['grpc', 'none', 'plain'],
    ['grpc', 'gzip', 'mTLS'],
  ] as const)(
    'over %s with compression %s, %s, with doubles as doubles',
    async (protocol, compression, tls) => {
      using backend = await behind();
      const ours = authority('ours');
      const { cert, key } = ours.issue('collector');
      const port = await freePort();
      const endpoint = `127.0.0.1:${port}`;
      const files = {
        cert_file: file('cert', cert),
        key_file: file('key', key),
        client_ca_file: file('ca', ours.ca),
      };
      const receiver = tls === 'plain' ? { endpoint } : { endpoint, tls: files };
      await using _ = await startCollector(
        {
          receivers: { otlp: { protocols: { [protocol === 'grpc' ? 'grpc' : 'http']: receiver } } },
          exporters: { otlp_http: { endpoint: backend.endpoint, encoding: 'json', compression: 'none' } },
          service: { pipelines: { logs: { receivers: ['otlp'], exporters: ['otlp_http'] } } },
        },
        folder,
      );
      const scheme = tls === 'plain' ? 'http' : 'https';
      const secrets = { keys: { ca: ours.ca, ...ours.issue('sidewatch') }, headers: new Map() };
      const destination = otlpDestination(
        {
          name: 'siem',
          protocol,
          url: `${scheme}://127.0.0.1:${port}${protocol === 'grpc' ? '' : '/v1/logs'}`,
          secrets: () => secrets,
          timeout: seconds(20),
          compression,
          version: '1.2.3',
          format: otlpLogRecords('1.2.3'),
        },
        wallClock,
      );
      const event = aRiskEvent('a', { 'client.geo.location.lat': 52, 'sidewatch.count': 52 });
      expect(await destination.send([event], new AbortController().signal)).toEqual({ kind: 'delivered' });
      expect((await backend.arrived).resourceLogs).toMatchObject([
        {
          scopeLogs: [
            {
              logRecords: [
                {
                  body: { stringValue: 'scan a' },
                  eventName: 'sidewatch.risk',
                  attributes: [
                    { key: 'log.record.uid', value: { stringValue: 'a' } },
                    { key: 'sidewatch.risk.score', value: { intValue: '49' } },
                    { key: 'client.geo.location.lat', value: { doubleValue: 52 } },
                    { key: 'sidewatch.count', value: { intValue: '52' } },
                  ],
                },
              ],
            },
          ],
        },
      ]);
      await destination.stop();
    },
  );
});
