import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { type Running, startSidewatch } from '../support/sidewatch.ts';
import { frame, openCall } from '../unit/receive/client.ts';

// How a sidecar ends, whatever other parties do: in time, with all that can still be delivered, and with a correct log.

const NEVER = '{endpoint: "http://127.0.0.1:9"}';

/** A backend; `answer` gets the number of the request. Events are counted by what they are. */
async function backend(answer: (response: ServerResponse, n: number) => void) {
  let n = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      answer(response, ++n);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `{endpoint: "http://127.0.0.1:${(server.address() as AddressInfo).port}", compression: none}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function scanned({ grpc }: Running): Promise<void> {
  await using client = sender(grpc);
  const events = Array.from({ length: 6 }, (_, i) => refused((TEN + i) as Micros, ['81.2.69.142']));
  await client.send(otlpBytes(events, {}));
}

const lost = (log: string) => log.match(/export_lost\S*/g);

describe('SIGTERM', () => {
  test('with a connection to the console that asks nothing', async () => {
    await using running = await startSidewatch('telemetry: {console: {endpoint: "127.0.0.1:0"}}');
    const [host, port] = running.console.split(':');
    const idle = createConnection(Number(port), host);
    await once(idle, 'connect');
    expect((await running.stop()).code).toBe(0);
    idle.destroy();
  });

  test('with a sender that stalls half way delivers what can be delivered', async () => {
    await using good = await backend((response) => response.end());
    await using running = await startSidewatch(
      `destinations: {siem: ${good.endpoint}}\ndelivery: {drain: 20s}`,
    );
    const { session, stream } = await openCall(running.grpc, frame(0, Buffer.alloc(10), 100));
    await scanned(running);
    const answered = once(stream, 'response');
    const { code, err } = await running.stop();
    expect([code, lost(err)]).toEqual([0, null]);
    expect(err).toMatch(/exported\{siem\}=2/);
    expect((await answered)[0]).toMatchObject({ 'grpc-status': '14' });
    session.destroy();
  });

  test('gives a destination that named an hour one more chance', async () => {
    await using mended = await backend((response, n) =>
      n === 1 ? response.writeHead(503, { 'retry-after': '3600' }).end() : response.end(),
    );
    await using running = await startSidewatch(`destinations: {siem: ${mended.endpoint}}`);
    await scanned(running);
    await running.says(/does not accept risk events/);
    const { code, err } = await running.stop();
    expect([code, lost(err)]).toEqual([0, null]);
  });

  test('tells what was lost of the destination that did not take it, and of no other', async () => {
    await using good = await backend((response) => response.end());
    await using running = await startSidewatch(
      `destinations: {good: ${good.endpoint}, away: ${NEVER}}\ndelivery: {drain: 1s}`,
    );
    await scanned(running);
    const { code, err } = await running.stop();
    expect(code).toBe(0);
    expect(lost(err)).toEqual(['export_lost{away}=2']);
    expect(err).toContain('2 risk events were not delivered to away in time');
  });

  test('in the midst of the start is heard once there is something to stop', () => {
    const signals = new URL('../../src/ops/signals.ts', import.meta.url).pathname;
    // The signal waits while the process is busy, as it is with its imports.
    const script = `import { exitAtSignals, stopSignals } from ${JSON.stringify(signals)};
      import { spawnSync } from 'node:child_process';
      exitAtSignals(); spawnSync('kill', ['-TERM', String(process.pid)]);
      const { stop } = stopSignals(); setInterval(() => {}, 1000);
      stop.addEventListener('abort', () => process.exit(7));`;
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).status).toBe(7);
  });

  test('before there is anything to stop is no error', () => {
    const signals = new URL('../../src/ops/signals.ts', import.meta.url).pathname;
    const script = `import { exitAtSignals } from ${JSON.stringify(signals)};
      exitAtSignals(); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`;
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).status).toBe(0);
  });
});

describe('stdout', () => {
  test('that nobody reads any more ends a sidecar that has nothing else, which says so', async () => {
    await using running = await startSidewatch();
    running.leave();
    await scanned(running);
    const { code, err } = await running.ended;
    expect(code).toBe(1);
    expect(err).toContain('the reader of stdout has gone');
    expect(err).toMatch(/stopped: .*export_dead/);
  });

  test('that nobody reads any more is no concern of another destination', async () => {
    await using good = await backend((response) => response.end());
    await using running = await startSidewatch(
      `destinations: {siem: ${good.endpoint}, screen: {protocol: console}}`,
    );
    running.leave();
    const refusedThere = running.says(
      /risk events were permanently refused by screen and are lost there: the reader of stdout/,
    );
    await scanned(running);
    await refusedThere;
    const { code, err } = await running.stop();
    expect(code).toBe(0);
    expect(err).toMatch(/exported\{siem\}=2/);
  });

  test('that is never read does not keep it from ending', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sidewatch-fifo-'));
    spawnSync('mkfifo', [join(folder, 'fifo')]);
    const fifo = openSync(join(folder, 'fifo'), 'r+');
    await using running = await startSidewatch('delivery: {drain: 1s}', {}, undefined, { stdout: fifo });
    await using client = sender(running.grpc);
    const events = Array.from({ length: 1200 }, (_, i) =>
      refused((TEN + i) as Micros, [`192.0.2.${i % 200}`]),
    );
    await client.send(otlpBytes(events, {}));
    const { code, err } = await running.stop();
    expect(code).toBe(0);
    expect(lost(err)).not.toBeNull();
    closeSync(fifo);
    rmSync(folder, { recursive: true });
  });

  test('on a full disk is tried on', async () => {
    const full = openSync('/dev/full', 'w');
    await using running = await startSidewatch('delivery: {drain: 1s}', {}, undefined, { stdout: full });
    const tried = running.says(/does not accept risk events; retrying: ENOSPC/);
    await scanned(running);
    await tried;
    const { code, err } = await running.stop();
    expect(code).toBe(0);
    expect(lost(err)).toEqual(['export_lost{console}=2']);
    closeSync(full);
  });
});
