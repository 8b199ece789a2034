import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent as HttpsAgent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { metricsPush } from '../../../src/setup/metrics-push.ts';
import { CERT } from '../../support/certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-push-'));
afterAll(() => rmSync(folder, { recursive: true }));

function pushOf(otlp: string) {
  const loaded = loadConfig({ path: 'f.yaml', text: `telemetry: {metrics: {otlp: ${otlp}}}` }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join());
  return metricsPush(loaded.config);
}

test('metrics are sent nowhere without an endpoint', () => {
  expect(pushOf('{interval: 5s}')).toBeUndefined();
});

test('the endpoint is a base, as the collector has it', () => {
  expect(pushOf('{endpoint: "http://c:4318/x/", headers: {a: b}, timeout: 2s, interval: 30s}')).toMatchObject(
    {
      url: 'http://c:4318/x/v1/metrics',
      headers: { a: 'b' },
      timeout: 2000,
      interval: 30_000,
      compression: 'gzip',
    },
  );
});

test('TLS files are read for https, and one that is broken is an error with its place', () => {
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, CERT);
  const push = pushOf(`{endpoint: "https://c:4318", tls: {ca_file: ${JSON.stringify(ca)}}}`);
  expect(push?.agent).toBeInstanceOf(HttpsAgent);
  expect(push?.agent).toHaveProperty('options.ca', CERT);
  writeFileSync(ca, 'no certificate');
  expect(() => pushOf(`{endpoint: "https://c:4318", tls: {ca_file: ${JSON.stringify(ca)}}}`)).toThrow(
    `f.yaml:1  telemetry.metrics.otlp.tls.ca_file  ${ca} holds no certificate (PEM)`,
  );
});
