import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { databaseFile } from '../../src/store/sqlite/database-file.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { ONE_RULE, type Running, sidewatch, startSidewatch } from '../support/sidewatch.ts';
import { MAY_MOUNT, smallVolume } from '../unit/store/volume.ts';

// A process on the directory that another one has left, however that ended.

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const fresh = (): string => join(folder, String(made++));

const stored = (directory: string): string =>
  `storage: {kind: sqlite, directory: ${JSON.stringify(directory)}}\n`;

/** Requests of a scan from one client, the first of which is its `from`th. Resolves when they are accepted. */
async function scan(running: Running, from: number, count: number, client = '81.2.69.142'): Promise<void> {
  await using grpc = sender(running.grpc);
  const events = Array.from({ length: count }, (_, i) =>
    refused((TEN + (from + i) * 1_000_000) as Micros, [client]),
  );
  await grpc.send(otlpBytes(events));
}

async function killed(running: Running): Promise<void> {
  running.signal('SIGKILL');
  await running.ended;
}

/** A configuration file, and what `serve` says where it cannot start with it. */
function refusedStart(yaml: string) {
  const config = `${fresh()}.yaml`;
  writeFileSync(config, yaml);
  return { config, ended: sidewatch(['serve', '--config', config]) };
}

const risks = (out: string): { eventName: string; attributes: Record<string, unknown> }[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('a process that continues on disk', () => {
  test('kill -9 between the fifth and the sixth request of a scan', async () => {
    const directory = fresh();
    const before = await startSidewatch(stored(directory));
    await scan(before, 1, 5);
    await killed(before);
    await using running = await startSidewatch(stored(directory));
    await scan(running, 6, 1);
    expect(JSON.parse((await running.line())!)).toMatchObject({
      eventName: 'sidewatch.risk',
      attributes: { 'sidewatch.count': 6 },
    });
    const { err } = await running.stop();
    expect(err).toContain('goes on where the last process ended');
  });

  test('risk events that waited for a dead destination arrive after kill -9', async () => {
    const listening = (server: Server, port: number) =>
      new Promise<number>((resolve) =>
        server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
      );
    const gone = createServer();
    const port = await listening(gone, 0);
    await new Promise((resolve) => gone.close(resolve));
    const yaml = `${stored(fresh())}destinations: {siem: {endpoint: "http://127.0.0.1:${port}", protocol: http/json, compression: none}}`;
    const before = await startSidewatch(yaml);
    await scan(before, 1, 6);
    await killed(before);
    const came = Promise.withResolvers<string>();
    const back = createServer(async (request, response) => {
      came.resolve(String(Buffer.concat(await request.toArray())));
      response.end();
    });
    await listening(back, port);
    await using running = await startSidewatch(yaml);
    const body = JSON.parse(await came.promise);
    expect(body.resourceLogs[0].scopeLogs[0].logRecords).toMatchObject([{ eventName: 'sidewatch.risk' }]);
    expect((await running.stop()).code).toBe(0);
    back.close();
    back.closeAllConnections();
  });

  test('SIGTERM and a new process lose nothing and close nothing early', async () => {
    const directory = fresh();
    const before = await startSidewatch(stored(directory));
    await scan(before, 1, 5);
    expect(await before.stop()).toMatchObject({ code: 0, out: '' });
    const running = await startSidewatch(stored(directory));
    await scan(running, 6, 1);
    await running.line();
    await scan(running, 7, 1);
    const { code, out, err } = await running.stop();
    expect([code, risks(out).map(({ eventName }) => eventName)]).toEqual([0, ['sidewatch.risk']]);
    expect(err).toContain('windows and waiting risk events stay in the store');
  });

  test('with other rules sends what is due under the former ones, and says what it cannot send', async () => {
    const directory = fresh();
    const rule = (name: string, more: string) => `title: ${name}
name: ${name}
correlation: {type: event_count, rules: [refused], group-by: [client.address], timespan: 60m, condition: {${more}}}
level: medium
sidewatch: {emit: both}
`;
    const base = `title: refused
name: refused
logsource: {category: application, product: kubernetes, service: audit}
detection: {refused: {responseStatus.code: 403}, condition: refused}
level: low
`;
    const file = `${fresh()}.yml`;
    const rules = (filter: string, ...documents: string[]) => {
      writeFileSync(file, [base, ...documents].join('---\n'));
      return `rules: {packs: [], files: [${JSON.stringify(file)}]${filter}}`;
    };
    const same = rule('same', 'gt: 5');
    const filtered = ', result_filters: {filtered: {known: {client.address: 81.2.69.142}, condition: known}}';
    const before = await startSidewatch(
      stored(directory),
      {},
      rules(filtered, same, rule('changed', 'gt: 5'), rule('removed', 'gt: 5'), rule('filtered', 'gt: 5')),
    );
    await scan(before, 1, 6);
    for (let i = 0; i < 4; i++) await before.line();
    await killed(before);
    const running = await startSidewatch(
      stored(directory),
      {},
      rules('', same, rule('changed', 'gt: 6'), rule('filtered', 'gt: 6')),
    );
    const { code, out, err } = await running.stop();
    // Risk events that were delivered before may come again, where that was not stored yet.
    const summaries = risks(out).filter(({ eventName }) => eventName === 'sidewatch.summary');
    expect(code).toBe(0);
    expect(
      summaries
        .map(({ attributes }) => [attributes['security_rule.name'], attributes['sidewatch.count']])
        .sort(),
    ).toEqual([
      ['changed', 6],
      ['removed', 6],
    ]);
    expect(err).toMatch(
      /windows of a rule were dropped: .*the result filter that it had is gone +rule=filtered .*groups=1/,
    );
    expect(err).toMatch(/groups_dropped\S*=1/);
  });
});

describe('a store that cannot be used', () => {
  test('is open in another process', async () => {
    const directory = fresh();
    await using running = await startSidewatch(stored(directory));
    const { code, err } = await refusedStart(stored(directory)).ended;
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/storage\.directory\s.* is in use, .*another directory/),
    ]);
    expect((await running.stop()).code).toBe(0);
  });

  test.each([
    ['below a file', (file: string) => join(file, 'store'), 'not a directory'],
    ['that cannot be made', () => '/sys/sidewatch-store', 'not permitted'],
  ])('is in a directory %s', async (_, place, why) => {
    const file = fresh();
    writeFileSync(file, '');
    const { code, err } = await refusedStart(stored(place(file))).ended;
    expect(code).toBe(1);
    expect(err).toMatch(/storage\.directory /);
    expect(err).toContain(why);
    expect(err).not.toMatch(/^ +at /m);
  });

  test('is damaged: the start names the file and what to do, and after a reset it starts', async () => {
    const directory = fresh();
    const before = await startSidewatch(stored(directory));
    await scan(before, 1, 5);
    await before.stop();
    const file = openSync(databaseFile(directory), 'r+');
    writeSync(file, 'no page of a database', 8192);
    closeSync(file);
    const { config, ended } = refusedStart(`${ONE_RULE}\n${stored(directory)}`);
    const { code, err } = await ended;
    expect([code, err]).toEqual([1, expect.stringContaining(`${databaseFile(directory)} is damaged (`)]);
    expect(err).toContain(`\`sidewatch storage reset ${directory}\``);
    expect(await sidewatch(['storage', 'reset', '--config', config])).toMatchObject({ code: 0, err: '' });
    await using running = await startSidewatch(stored(directory));
    await scan(running, 1, 6);
    expect(JSON.parse((await running.line())!)).toMatchObject({ attributes: { 'sidewatch.count': 6 } });
  });

  test('has lost its thread: the process ends, so that a supervisor starts another', async () => {
    const dying = `import { Worker } from 'node:worker_threads';
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (...message) {
        if (message[0]?.name === 'commit') void this.terminate();
        else post.apply(this, message);
      };`;
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(dying)}` };
    const directory = fresh();
    await startSidewatch(stored(directory), env).catch(({ message }) =>
      expect(message).toContain('has ended'),
    );
    const running = await startSidewatch(stored(directory));
    expect((await running.stop()).code).toBe(0);
  });
});

describe.skipIf(!MAY_MOUNT)('a full volume', () => {
  test('requests are refused with the reason, and go on without a restart; nothing is lost', async () => {
    using volume = smallVolume(4);
    await using running = await startSidewatch(
      `${stored(volume.path)}telemetry: {health: {endpoint: "127.0.0.1:0"}}`,
    );
    await scan(running, 1, 5);
    volume.fill(0);
    let refusal: unknown;
    // Until the pages that the files have are used up.
    for (let i = 0; refusal === undefined && i < 5000; i++)
      await scan(running, 1, 5, `192.0.2.${i % 250}`).catch((error) => {
        refusal = error;
      });
    expect(refusal).toMatchObject({ code: 14, details: expect.stringContaining('is full') });
    const ready = await fetch(`http://${running.health}/readyz`);
    expect(await ready.json()).toMatchObject({ reasons: [expect.stringContaining('is full')] });
    const recovered = running.says(/the store takes everything again/);
    volume.free();
    await recovered;
    await scan(running, 6, 1);
    for (;;) {
      const risk = JSON.parse((await running.line())!);
      if (risk.attributes['client.address'] !== '81.2.69.142') continue;
      expect(risk.attributes['sidewatch.count']).toBe(6);
      break;
    }
    expect((await fetch(`http://${running.health}/readyz`)).status).toBe(200);
    expect((await running.stop()).code).toBe(0);
  });
});
