import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { type AuditEvent, otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { sidewatch, startSidewatch } from '../support/sidewatch.ts';
import { decode, loopback, succeed } from '../unit/export/loopback.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-delivery-'));
afterAll(() => rmSync(folder, { recursive: true }));

const scan = (ip: string): AuditEvent[] =>
  Array.from({ length: 6 }, (_, i) => refused((TEN + (i + 1) * 1_000_000) as Micros, [ip]));

/** Letters of `lake` that are in its file. */
function written(folder: string): number {
  const path = join(folder, 'lake.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

test('a destination that is away holds up nothing: its risk events become dead letters, and are sent again', async () => {
  const letters = join(folder, 'letters');
  const destinations = (lake: string) => `destinations:
  siem: {protocol: console}
  lake:
    logs_endpoint: ${lake}
    sending_queue: {queue_size: 1, on_full: dead_letter, batch: {max_size: 1}}
    retry_on_failure: {initial_interval: 1h, max_interval: 1h}
routes:
- {kind: risk, to: [siem, lake]}
- {kind: summary, to: siem}
delivery: {drain: 0s, directory: ${letters}}
`;
  {
    await using running = await startSidewatch(destinations('http://127.0.0.1:1/v1/logs'));
    await using grpc = sender(running.grpc);
    for (let i = 1; i <= 4; i++) {
      await grpc.send(otlpBytes(scan(`192.0.2.${i}`)));
      expect(await running.line()).toContain('"sidewatch.risk"');
    }
    // They are written beside the requests. The last one may not be settled before the stop.
    while (written(letters) < 2) await setImmediate();
    const { err } = await running.stop();
    expect(err).toMatch(/dead_letters\{lake\}=[12] /);
    expect(err).not.toContain('outbox_refused');
  }

  await using lake = await loopback(succeed);
  const config = join(folder, 'sidewatch.yaml');
  writeFileSync(config, destinations(lake.url));
  const listed = await sidewatch(['dead-letters', 'list', '--config', config]);
  expect(listed.out).toMatch(/\nlake +2 +medium .* the queue was full: 1 risk events waited\n/);
  const retried = await sidewatch(['dead-letters', 'retry', '--config', config]);
  expect(retried).toMatchObject({
    code: 0,
    out: 'lake: 2 delivered, 0 refused again; 0 dead letters are left\n',
  });
  const sent = lake.received.flatMap((one) =>
    decode(one).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  );
  expect(sent.map(({ eventName }) => eventName)).toEqual(['sidewatch.risk', 'sidewatch.risk']);
});
