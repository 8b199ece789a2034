import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { sidewatch, startSidewatch } from '../support/sidewatch.ts';

// A running sidecar, and `tail` beside it.

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sidewatch-tail-'));
afterAll(() => rmSync(folder, { recursive: true }));

const scan = (ip: string) =>
  otlpBytes(Array.from({ length: 6 }, (_, i) => refused((TEN + (i + 1) * 1_000_000) as Micros, [ip])));

/** The lines of a stream, one after another. */
function lines(stream: NodeJS.ReadableStream): () => Promise<string | undefined> {
  const all = createInterface(stream)[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await all.next();
    return done ? undefined : value;
  };
}

function startTail(...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'tail', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    out: lines(child.stdout!),
    err: lines(child.stderr!),
    interrupt: () => void child.kill('SIGINT'),
    /** Its reader goes away. */
    leave: () => void child.stdout!.destroy(),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('risk events are shown as they fire, and again after a restart; Ctrl-C ends with 0', async () => {
  const console = `127.0.0.1:${await freePort()}`;
  const yaml = `telemetry: {console: {endpoint: "${console}"}}`;
  const config = join(folder, 'tail.yaml');
  writeFileSync(config, yaml);
  const first = await startSidewatch(yaml);
  await using tail = startTail('--config', config, '--match', 'SCANNING');
  expect(await tail.err()).toBe(
    `connected to http://${console}/live: risk events are shown as they fire; Ctrl-C ends`,
  );
  {
    await using grpc = sender(first.grpc);
    await grpc.send(scan('81.2.69.142'));
  }
  expect(await tail.out()).toMatch(/^TIME +LEVEL +SCORE +COUNT +RULE +MESSAGE$/);
  expect(await tail.out()).toMatch(
    /^2026-01-15 \d\d:\d\d:\d\d {2}medium +\d+ +6\+ {2}Kubernetes API Scanning +.*81\.2\.69\.142/,
  );
  await first.stop();
  expect(await tail.err()).toMatch(
    /the connection has ended .*trying again, and what fires until then is not shown/,
  );
  await using second = await startSidewatch(yaml);
  expect(await tail.err()).toBe(`connected to http://${console}/live again`);
  await using grpc = sender(second.grpc);
  await grpc.send(scan('198.51.100.7'));
  expect(await tail.out()).toContain('198.51.100.7');
  tail.interrupt();
  expect(await tail.ended).toBe(0);
  expect([await tail.out(), await tail.err()]).toEqual([undefined, undefined]);
});

test('JSON is that of stdout; filters hold; a reader that goes ends it', async () => {
  await using running = await startSidewatch('telemetry: {console: {endpoint: "127.0.0.1:0"}}');
  const at = ['--endpoint', running.console, '--output', 'json'];
  await using all = startTail(
    ...at,
    '--rule',
    'kubernetes_api_scanning',
    '--min-level',
    'medium',
    '--min-score',
    '1',
  );
  await using none = startTail(...at, '--min-level', 'critical');
  await using some = startTail(...at, '--match', '198.51.100.7');
  for (const tail of [all, none, some]) expect(await tail.err()).toContain('connected to');
  await using grpc = sender(running.grpc);
  await grpc.send(scan('81.2.69.142'));
  await grpc.send(scan('198.51.100.7'));
  const fired = [await running.line(), await running.line()];
  expect([await all.out(), await all.out()]).toEqual(fired);
  expect(await some.out()).toBe(fired[1]);
  none.interrupt();
  expect([await none.out(), await none.ended]).toEqual([undefined, 0]);
  // It notices when it writes.
  all.leave();
  await grpc.send(scan('203.0.113.9'));
  expect(await all.ended).toBe(0);
  await running.stop();
});

test('tokens of the console: who has none, or a wrong one, is told what to do', async () => {
  const file = join(folder, 'tokens');
  const wrong = join(folder, 'wrong');
  writeFileSync(file, '# of people\nread-risk-events\n');
  writeFileSync(wrong, 'another-token\n');
  await using running = await startSidewatch(
    `telemetry: {console: {endpoint: "127.0.0.1:0", auth: {tokens: [{file: ${JSON.stringify(file)}}]}}}`,
  );
  const at = ['tail', '--endpoint', running.console];
  const without = await sidewatch(at);
  expect([without.code, without.err]).toEqual([
    1,
    expect.stringMatching(
      /^http:\S+\/live {2}wants a token: .*telemetry\.console\.auth\.tokens.*--token-file\n$/,
    ),
  ]);
  const refusedOne = await sidewatch([...at, '--token-file', wrong]);
  expect([refusedOne.code, refusedOne.err]).toEqual([
    1,
    expect.stringMatching(/does not accept the token: .*telemetry\.console\.auth\.tokens/),
  ]);
  expect((await fetch(`http://${running.console}/rules`)).status).toBe(401);
  const list = await sidewatch(['rules', 'list', '--live', running.console, '--token-file', file]);
  expect([list.code, list.out]).toEqual([0, expect.stringMatching(/1 rules in force/)]);

  await using tail = startTail('--endpoint', running.console, '--token-file', file);
  expect(await tail.err()).toContain('connected to');
  await using grpc = sender(running.grpc);
  await grpc.send(scan('81.2.69.142'));
  await tail.out();
  expect(await tail.out()).toContain('81.2.69.142');
  tail.interrupt();
  expect(await tail.ended).toBe(0);
});

test('where nothing listens, or something else does, one line says what to do', async () => {
  const nothing = await sidewatch(['tail', '--endpoint', `127.0.0.1:${await freePort()}`]);
  expect([nothing.code, nothing.err]).toEqual([
    1,
    expect.stringMatching(/^http:\S+ {2}no answer: .*ECONNREFUSED.*; set telemetry\.console\.endpoint .*\n$/),
  ]);
  await using running = await startSidewatch('telemetry: {health: {endpoint: "127.0.0.1:0"}}');
  const other = await sidewatch(['tail', '--endpoint', running.health]);
  expect([other.code, other.err]).toEqual([1, expect.stringMatching(/\/live {2}answered HTTP 404/)]);
  const bad = await sidewatch(['tail', '--endpoint', 'http://[']);
  expect([bad.code, bad.err]).toEqual([1, 'http://[ is not a URL such as http://localhost:55679\n']);
  const off = join(folder, 'off.yaml');
  writeFileSync(off, 'telemetry: {}\n');
  const unset = await sidewatch(['tail', '--config', off]);
  expect([unset.code, unset.err]).toEqual([1, `${off}  telemetry.console.endpoint is not set\n`]);
});
