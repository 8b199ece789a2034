import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { authority } from '../support/authority.ts';
import { ONE_RULE, type Running, sidewatch, startSidewatch } from '../support/sidewatch.ts';

const METRICS = 'telemetry: {metrics: {endpoint: "127.0.0.1:0", level: normal}}';
const folder = mkdtempSync(join(tmpdir(), 'scan-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function backend(status: number) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    destination: `destinations: {siem: {endpoint: "http://127.0.0.1:${(server.address() as AddressInfo).port}"}}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const scanTest = ({ grpc, metrics }: Running, ...more: readonly string[]) =>
  sidewatch([
    'scan-test',
    '--endpoint',
    grpc.replace('127.0.0.1', 'localhost'),
    '--metrics',
    `http://${metrics}/metrics`,
    ...more,
  ]);

test('a scan is found and its risk event delivered, at each run again', async () => {
  await using sink = await backend(200);
  await using running = await startSidewatch(`${sink.destination}\n${METRICS}`);
  for (let run = 0; run < 2; run++) {
    const { code, out, err } = await scanTest(running);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^accepted by \S+: 7 audit events of a synthetic scan from 198\.18\.\d+\.\d+\n/);
    expect(out).toMatch(/\nDESTINATION +DELIVERED +WAITING +LOST\nsiem +1 +0 +0\n/);
    expect(out).toContain('kubernetes_api_scanning found the scan, and its risk event was delivered\n');
  }
});

test('with the rules of Sidewatch as they are, the risk event is that of the scan', async () => {
  await using running = await startSidewatch(METRICS, {}, '');
  expect((await scanTest(running)).code).toBe(0);
  const line = await running.line();
  expect(line).toContain('Kubernetes scanning from ip 198.18.');
  expect(line).toContain('sidewatch scan-test');
});

test('over TLS with a token, trusting the certificate of the receiver alone', async () => {
  await using sink = await backend(200);
  const { cert, key } = authority('scan').issue('receiver');
  const [certFile, keyFile] = [file('tls.crt', cert), file('tls.key', key)];
  const tokenFile = file('token', '# of the test\na-token-of-a-test-0123456789abcdef\n');
  const grpc = `{endpoint: "127.0.0.1:0", tls: {cert_file: ${certFile}, key_file: ${keyFile}}, auth: {tokens: [{file: ${tokenFile}}]}}`;
  await using running = await startSidewatch(`${sink.destination}\n${METRICS}`, {}, ONE_RULE, { grpc });
  const tls = ['--ca-file', certFile];
  expect(await scanTest(running, ...tls, '--token-file', tokenFile)).toMatchObject({ code: 0, err: '' });
  const wrong = file('wrong', 'another-token-of-a-test-0123456789abcdef');
  expect(await scanTest(running, ...tls, '--token-file', wrong)).toMatchObject({
    code: 1,
    err: expect.stringContaining('16 UNAUTHENTICATED'),
  });
  expect((await scanTest(running, '--ca-file', wrong)).err).toContain(`${wrong}  cannot be used for TLS: `);
});

test.each([
  [400, 'the risk event was refused or dropped (siem)', '1m'],
  [503, 'the risk event was not delivered to siem within 3 s', '3s'],
])('a destination that answers %d fails the test', async (status, why, timeout) => {
  await using sink = await backend(status);
  await using running = await startSidewatch(`${sink.destination}\n${METRICS}`);
  const { code, err } = await scanTest(running, '--timeout', timeout);
  expect(code).toBe(1);
  expect(err).toContain(why);
});

test('a rule that is not there fails it before anything is sent', async () => {
  await using running = await startSidewatch(METRICS);
  const { code, out, err } = await scanTest(running, '--rule', 'own_rule');
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/no metric of \S+ names the rule own_rule: it is off, or has another name/);
});

test('without metrics the answer of the receiver is all that it looks at', async () => {
  await using running = await startSidewatch();
  const { code, out } = await sidewatch(['scan-test', '--endpoint', `http://${running.grpc}`]);
  expect(code).toBe(0);
  expect(out).toMatch(/\nwhether a risk event left was not looked at/);
  await running.stop();
  const away = await sidewatch(['scan-test', '--endpoint', running.grpc, '--timeout', '1s']);
  expect([away.code, away.err]).toEqual([1, expect.stringMatching(/14 UNAVAILABLE|no answer/)]);
});
