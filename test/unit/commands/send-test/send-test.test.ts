import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type SendTestOptions, sendTest } from '../../../../src/commands/send-test/send-test.ts';
import { decode, loopback, type Received, succeed } from '../../export/loopback.ts';

const folder = mkdtempSync(join(tmpdir(), 'send-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let out = '';
beforeEach(() => {
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text, done) => {
    out += String(text);
    if (typeof done === 'function') (done as () => void)();
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

async function sent(destinations: Record<string, string>, options: Omit<SendTestOptions, 'config'> = {}) {
  const config = join(folder, 'sidewatch.yaml');
  const urls = Object.entries(destinations).map(([name, url]) => `  ${name}: {logs_endpoint: "${url}"}\n`);
  writeFileSync(config, `destinations:\n${urls.join('')}routes: [{level: critical, to: siem}]\n`);
  const code = await sendTest({ config, ...options });
  const rows = out.split('\n').map((line) => line.split(/ {2,}/));
  return { code, answers: rows.slice(1, -2).map(([name, , answer]) => `${name}: ${answer}`), rows };
}

function recordsIn(received: readonly Received[]) {
  return received.flatMap((one) =>
    decode(one).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  );
}

const attributesOf = (record: ReturnType<typeof recordsIn>[number]) =>
  Object.fromEntries(record.attributes.map(({ key, value }) => [key, value?.value.value]));

test('a marked event goes to every destination, whatever the routes say', async () => {
  await using siem = await loopback(succeed);
  await using lake = await loopback(succeed);
  const { code, answers } = await sent({ siem: siem.url, lake: lake.url });
  expect([code, answers]).toEqual([0, ['siem: accepted', 'lake: accepted']]);
  for (const { received } of [siem, lake]) {
    const [record, ...others] = recordsIn(received);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ eventName: 'sidewatch.risk', severityText: 'informational' });
    expect(record!.body?.value.value).toBe('Test event of sidewatch send-test: nothing was detected');
    const attributes = attributesOf(record!);
    expect(attributes).toMatchObject({ 'sidewatch.test': true, 'sidewatch.risk.score': 0n });
    expect(out).toContain(`the test event has the log.record.uid ${attributes['log.record.uid']}\n`);
  }
});

test('it has the level and the score that were asked for', async () => {
  await using siem = await loopback(succeed);
  await sent({ siem: siem.url }, { level: 'critical' });
  await sent({ siem: siem.url }, { level: 'high', score: 7 });
  const records = recordsIn(siem.received);
  expect(records.map(({ severityText }) => severityText)).toEqual(['critical', 'high']);
  expect(records.map((record) => attributesOf(record)['sidewatch.risk.score'])).toEqual([80n, 7n]);
});

test('each answer is shown after one attempt, and any but an acceptance is exit code 1', async () => {
  const statuses = (status: number) =>
    loopback((response) => {
      response.statusCode = status;
      response.end('no');
    });
  await using busy = await statuses(503);
  await using locked = await statuses(401);
  await using strict = await statuses(400);
  await using broken = await statuses(500);
  await using partial = await loopback((response, received) => succeed(response, received, 1, 'too old'));
  await using warned = await loopback((response, received) => succeed(response, received, 0, 'soon full'));
  const { code, answers } = await sent({
    busy: busy.url,
    locked: locked.url,
    strict: strict.url,
    broken: broken.url,
    partial: partial.url,
    siem: warned.url,
  });
  expect(code).toBe(1);
  expect(answers).toEqual([
    expect.stringMatching(/^busy: not accepted: HTTP 503 Service Unavailable/),
    'locked: not accepted: HTTP 401 Unauthorized: no; check the credentials in its headers',
    'strict: refused for good: HTTP 400 Bad Request: no',
    'broken: not accepted: HTTP 500 Internal Server Error: no',
    'partial: rejected: too old',
    'siem: accepted, with a warning: soon full',
  ]);
  expect([busy, locked, strict, broken].map(({ received }) => received.length)).toEqual([1, 1, 1, 1]);
});
