import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { health } from '../../../src/commands/health.ts';
import { healthPages } from '../../../src/serve/health-pages.ts';
import { jsonPage, type Pages, startPageServer } from '../../../src/serve/page-server.ts';
import { ServiceReadiness } from '../../../src/serve/service-readiness.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-health-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

const serving = async (pages: Pages) => {
  const page = await startPageServer('127.0.0.1:0', 'telemetry.health.endpoint', pages);
  return { address: page.address, [Symbol.asyncDispose]: () => page.stop() };
};

async function asked(options: Parameters<typeof health>[0]): Promise<readonly [number, string]> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  return [await health(options), out];
}

test('a service that starts lives, and is not ready with a reason', async () => {
  const readiness = new ServiceReadiness('the rules are being loaded');
  await using at = await serving(healthPages(readiness, () => undefined));
  expect(await asked({ endpoint: at.address })).toEqual([0, 'ok\n']);
  expect(await asked({ endpoint: at.address, ready: true })).toEqual([
    1,
    'unavailable: the rules are being loaded\n',
  ]);
});

test('the endpoint is that of the configuration; every address means this machine', async () => {
  await using at = await serving({ '/livez': () => jsonPage({ status: 'ok', reasons: [] }) });
  const config = join(folder, 'sidewatch.yaml');
  const port = at.address.split(':').at(-1);
  writeFileSync(config, `telemetry: {health: {endpoint: "0.0.0.0:${port}"}}`);
  expect(await asked({ config })).toEqual([0, 'ok\n']);
});

test('a configuration without the endpoint, and an endpoint that is none, are errors for the user', async () => {
  const config = join(folder, 'off.yaml');
  writeFileSync(config, 'telemetry: {}');
  await expect(asked({ config })).rejects.toThrow('telemetry.health.endpoint is not set');
  for (const endpoint of ['localhost', 'localhost:x', ':1 2:3', 'a b:1'])
    await expect(asked({ endpoint })).rejects.toThrow('is not host:port');
});

test('no answer, and the answer of another program, are no health', async () => {
  let address: string;
  {
    await using at = await serving({ '/livez': () => jsonPage('hello') });
    address = at.address;
    expect(await asked({ endpoint: address })).toEqual([
      1,
      `http://${address}/livez answered HTTP 200, which is not the answer of Sidewatch\n`,
    ]);
    expect((await asked({ endpoint: address, ready: true }))[1]).toContain('HTTP 404');
  }
  const [code, line] = await asked({ endpoint: address });
  expect([code, line]).toEqual([1, expect.stringMatching(/^no answer from .*ECONNREFUSED.*\n$/)]);
});

test('an answer is one line, whatever it holds', async () => {
  await using at = await serving({
    '/livez': () => jsonPage({ status: 'unavailable', reasons: ['a\nb', 'c\u001b[2J'] }, 503),
  });
  const [, line] = await asked({ endpoint: at.address });
  expect(line).toMatch(/^unavailable: [^\n\u001b]*\n$/);
});
