import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { DEMO_SVG, DRAW, demoSvg } from '../support/demo-svg.ts';
import { sidewatch } from '../support/sidewatch.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-demo-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** What the demo leaves behind. */
const left = () => readdirSync(folder).filter((name) => name.startsWith('sidewatch-demo-'));

function isOpen(address: string): Promise<boolean> {
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/** A demo whose sidecar runs, at that address. */
async function underWay(): Promise<{ demo: ChildProcess; sidecar: string }> {
  const demo = spawn(process.execPath, [MAIN, 'demo'], { env: { ...process.env, TMPDIR: folder } });
  const [line] = await once(createInterface(demo.stdout), 'line');
  return { demo, sidecar: /OTLP\/gRPC on (\S+),/.exec(line as string)![1]! };
}

test('shows the risk event and the final count, and exits 0', async () => {
  const { code, out } = await sidewatch(['demo'], { env: { TMPDIR: folder } });
  for (const text of [
    '81.2.69.142',
    'London',
    'United Kingdom',
    '49',
    'T1046 Network Service Discovery',
    'python-requests',
    '6 refused requests',
    'npm run sidewatch -- replay FILE...',
  ])
    expect(out).toContain(text);
  expect(code).toBe(0);
  expect(left()).toEqual([]);
  const stale = `docs/demo.svg is not what the demo prints: run \`${DRAW}\` and commit the result`;
  expect(demoSvg(out) === readFileSync(DEMO_SVG, 'utf8'), stale).toBe(true);
});

describe('the picture of it', () => {
  test('is the same whatever the ports', () => {
    const out = (grpc: number, sink: number) => `1. On 127.0.0.1:${grpc}, to 127.0.0.1:${sink}.\n`;
    expect(demoSvg(out(4317, 4318))).toBe(demoSvg(out(50_001, 40_001)));
    expect(demoSvg(out(4317, 4317))).not.toBe(demoSvg(out(4317, 4318)));
  });

  test('shows what looks like markup as text', () => {
    expect(demoSvg('3. <script>&amp;\n')).toContain('&lt;script&gt;&amp;amp;');
  });

  test('ends before the fifth step, and where a screen ends', () => {
    expect(demoSvg('1. First.\n5. Last.\n')).not.toContain('Last.');
    expect(demoSvg('1. First.\n'.repeat(1_000)).length).toBeLessThan(20_000);
  });

  test('is small, and README.md shows it with its facts in words', () => {
    const picture = readFileSync(DEMO_SVG, 'utf8');
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, alt = ''] = /!\[([^\]]+)\]\(docs\/demo\.svg\)/.exec(readme) ?? [];
    expect(picture.length).toBeLessThan(60_000);
    for (const fact of [/\d+ audit records/, /scanning from ip [\d.]+/, /T\d+ [A-Z][\w ]+/])
      expect(alt).toContain(fact.exec(picture)![0]);
    expect(alt).toContain(`risk score ${/>(\d+) \(impact/.exec(picture)![1]}`);
  });
});

test('heeds nothing in the environment, and sends nothing to where that points', async () => {
  const asked: (string | undefined)[] = [];
  const backend = createServer(({ url }, response) => {
    asked.push(url);
    response.end();
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const { code, out } = await sidewatch(['demo'], {
    env: {
      TMPDIR: folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5s',
      NODE_USE_ENV_PROXY: '1',
      http_proxy: url,
      https_proxy: url,
      grpc_proxy: url,
    },
  });
  backend.close();
  expect([code, asked]).toEqual([0, []]);
  expect(out).toContain('6 refused requests');
});

describe('takes its sidecar and its folder with it', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('at %s', async (signal, expected) => {
    const { demo, sidecar } = await underWay();
    demo.kill(signal);
    const [code] = await once(demo, 'exit');
    expect(code).toBe(expected);
    while (await isOpen(sidecar)) await setTimeout(20);
    expect(left()).toEqual([]);
  });

  test('where its reader goes away', async () => {
    const { demo } = await underWay();
    demo.stdout!.destroy();
    const [code] = await once(demo, 'exit');
    expect(code).toBe(0);
    expect(left()).toEqual([]);
  });

  test('its sidecar even at SIGKILL', async () => {
    const { demo, sidecar } = await underWay();
    expect(await isOpen(sidecar)).toBe(true);
    demo.kill('SIGKILL');
    await once(demo, 'exit');
    while (await isOpen(sidecar)) await setTimeout(20);
  });
});
