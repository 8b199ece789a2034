import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sidewatch } from '../support/sidewatch.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sidewatch-demo-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the demo shows the risk event and the final count, and exits 0', async () => {
  const { code, out } = await sidewatch(['demo']);
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
});

describe('the demo leaves no file and no process behind', () => {
  test.each([
    ['its reader goes away', 0, (demo) => demo.stdout?.destroy()],
    ['it gets SIGTERM', 143, (demo) => demo.kill('SIGTERM')],
    ['it gets SIGINT', 130, (demo) => demo.kill('SIGINT')],
  ] as [string, number, (demo: ReturnType<typeof spawn>) => void][])('where %s', async (_, exitCode, end) => {
    const demo = spawn(process.execPath, [MAIN, 'demo'], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [first] = await once(demo.stdout, 'data');
    const [, port] = /OTLP\/gRPC on 127\.0\.0\.1:(\d+)/.exec(String(first)) ?? [];
    expect(globSync('sidewatch-demo-*', { cwd: folder })).toHaveLength(1);
    expect(await listens(Number(port))).toBe(true);
    end(demo);
    const [code] = await once(demo, 'exit');
    expect(code).toBe(exitCode);
    expect(globSync('sidewatch-demo-*', { cwd: folder })).toEqual([]);
    await expect.poll(() => listens(Number(port)), { timeout: 30_000 }).toBe(false);
  });
});

/** Whether the demo's sidecar is there. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}
