import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { eventList } from '../support/event-list.ts';
import { ONE_RULE, startSidewatch } from '../support/sidewatch.ts';
import { JSON_TYPE, PROTOBUF, post } from '../unit/receive/http-client.ts';

const captured = (name: string) => readFileSync(new URL(`../captures/${name}`, import.meta.url));

test('OTLP over HTTP and the audit webhook lead into the same windows, without gRPC, and end with the process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ways-in-'));
  const receivers = `receivers: {otlp: {protocols: {http: {endpoint: "unix://${folder}/otlp-http.sock"}}}, kubernetes_audit_webhook: {endpoint: "127.0.0.1:0"}}`;
  const metrics = 'telemetry: {metrics: {endpoint: "127.0.0.1:0"}}';
  await using running = await startSidewatch(metrics, {}, ONE_RULE, { receivers });
  expect(running.grpc).toBe('');
  expect(running.http).toBe(`unix://${folder}/otlp-http.sock`);

  const otlp = captured('otlp/kube-hunter.http-protobuf.bin');
  const headers = { ...PROTOBUF, 'content-encoding': 'zstd' };
  expect((await post(running.http, { body: zstdCompressSync(otlp), headers })).status).toBe(200);
  expect(await running.line()).toContain('"Kubernetes API Scanning');

  const scan = eventList('metadata/paths.ndjson');
  const path = '/clusters/prod-eu-1';
  expect((await post(running.webhook, { path, headers: JSON_TYPE, body: scan })).status).toBe(200);
  expect(await running.line()).toContain('prod-eu-1');

  expect((await post(running.webhook, { path: '/audit', headers: PROTOBUF })).status).toBe(415);
  const scrape = await (await fetch(`http://${running.metrics}/metrics`)).text();
  expect(scrape).toMatch(/^sidewatch_requests_total\{verdict="accepted".*\} 2$/m);
  expect(scrape).toMatch(/^sidewatch_requests_refused_total\{reason="http 415".*\} 1$/m);
  const { code, err } = await running.stop();
  expect(code).toBe(0);
  expect(err).toMatch(/listening for OTLP on unix:.*\(HTTP\) and audit webhooks on 127\.0\.0\.1:\d+; 1 rule/);
  rmSync(folder, { recursive: true });
});

test('where one receiver cannot listen, none does', async () => {
  await using running = await startSidewatch();
  const receivers = `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}, kubernetes_audit_webhook: {endpoint: "${running.grpc}"}}`;
  await expect(startSidewatch('', {}, ONE_RULE, { receivers })).rejects.toThrow(
    /the address is in use; stop the other process or set receivers\.kubernetes_audit_webhook\.endpoint/,
  );
});
