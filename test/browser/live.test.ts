import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordedDay } from '../../src/commands/demo/recorded-day.ts';
import { formatTime, parseTime } from '../../src/lib/time-format.ts';
import type { Micros } from '../../src/model/time.ts';
import { wallClock } from '../../src/ops/clock.ts';
import { type AuditEvent, otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { startSidewatch } from '../support/sidewatch.ts';
import { launch, watchedPage } from './chromium.ts';

// The live page of a running sidewatch, in a real browser.

const CONSOLE = 'telemetry: {console: {endpoint: "127.0.0.1:0"}}';
const folder = mkdtempSync(join(tmpdir(), 'sidewatch-live-'));
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const LONDON = '81.2.69.142';
let hit = 0;
const hits = (n: number, more: AuditEvent = {}, ip = LONDON) =>
  Array.from({ length: n }, () => refused((TEN + ++hit * 1_000_000) as Micros, [ip], more));

/** The text of each cell in the rows of a table, when there is a row with this text. */
async function rows(page: Page, id: string, having: string): Promise<readonly (readonly string[])[]> {
  await page.locator(`#${id} tbody tr`, { hasText: having }).first().waitFor();
  return page
    .locator(`#${id} tbody tr`)
    .evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
    );
}

test('it shows a scan while it runs: the group that warms up, then the risk event, and what became of it', async () => {
  await using running = await startSidewatch(CONSOLE);
  await using grpc = sender(running.grpc);
  const { page, complaints, requests } = await watchedPage(browser);
  await page.goto(`http://${running.console}/`);
  await page.getByText('Connected').waitFor();
  await page.getByText('No group is open.').waitFor();

  await grpc.send(otlpBytes(hits(4), { 'k8s.cluster.name': 'prod' }));
  const [warm] = await rows(page, 'warming', '4 of 6');
  expect(warm).toEqual([
    'medium',
    'Kubernetes API Scanning',
    expect.stringContaining(LONDON),
    ' 4 of 6',
    LONDON,
    expect.stringContaining('United Kingdom'),
    'system:anonymous',
    'prod',
    expect.stringMatching(/^10:00:\d\d$/),
  ]);
  expect(await page.locator('#risk tbody tr').count()).toBe(0);

  await grpc.send(otlpBytes(hits(2), { 'k8s.cluster.name': 'prod' }));
  expect(await rows(page, 'risk', LONDON)).toEqual([
    [
      expect.stringMatching(/^2026-01-15 10:00:\d\d$/),
      'medium',
      '49',
      expect.stringMatching(/^6\+?$/),
      'Kubernetes API Scanning',
      expect.stringContaining(LONDON),
      'prod',
    ],
  ]);
  await rows(page, 'warming', 'fired');
  expect(await rows(page, 'destinations', 'console')).toEqual([
    ['console', 'stdout', expect.stringMatching(/^0 of [\d,]+$/), '', '1', '0', '0'],
  ]);
  expect(await rows(page, 'rules', 'kubernetes_api_scanning')).toEqual([
    ['medium', 'Kubernetes API Scanning', 'kubernetes_api_scanning', '6', '1'],
  ]);
  expect(await rows(page, 'clusters', 'prod')).toHaveLength(1);
  expect(await page.locator('#losses').textContent()).toBe(
    'Nothing was refused, dropped, or had to give way.',
  );
  expect(await page.locator('#headline').textContent()).toMatch(/Readyyes.*Events6Detections1/);
  expect(complaints).toEqual([]);
  expect(new Set(requests.map((url) => new URL(url).origin))).toEqual(new Set([`http://${running.console}`]));
  await page.close();
  await running.stop();
});

test('what clients write is text, and secrets are not on it', async () => {
  const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  const rule = join(folder, 'hostile.yml');
  writeFileSync(
    rule,
    `title: Agents\nid: 11111111-1111-4111-8111-111111111111\nname: agents\nlevel: high\n` +
      'logsource: {product: kubernetes, service: audit}\ndetection: {selection: {verb: list}, condition: selection}\n---\n' +
      'title: Many of one agent\nid: 22222222-2222-4222-8222-222222222222\nname: many\nlevel: high\n' +
      'correlation: {type: event_count, rules: [agents], group-by: [userAgent], timespan: 1h, condition: {gte: 3}}\n',
  );
  await using running = await startSidewatch(
    CONSOLE,
    {},
    `rules: {packs: [], files: [${JSON.stringify(rule)}]}`,
  );
  await using grpc = sender(running.grpc);
  const { page, complaints } = await watchedPage(browser);
  await page.goto(`http://${running.console}/`);
  await page.getByText('Connected').waitFor();
  const token = `ghp_${'a1B2'.repeat(9)}`;
  await grpc.send(otlpBytes(hits(2, { userAgent: hostile }), { 'k8s.cluster.name': hostile }));
  await grpc.send(otlpBytes(hits(2, { userAgent: `curl ${token}` })));
  await grpc.send(otlpBytes(hits(1, { userAgent: 'a\u202e\u200b\u0007b' })));
  await rows(page, 'warming', 'a\\u202e\\u200b\\u0007b');
  const warm = await rows(page, 'warming', 'curl');
  expect(warm.map(([, , group]) => group).sort()).toEqual([
    expect.stringContaining(hostile),
    expect.stringContaining('a\\u202e'),
    expect.stringContaining('curl <redacted>'),
  ]);
  await grpc.send(otlpBytes(hits(1, { userAgent: `curl ${token}` })));
  await rows(page, 'risk', 'Many of one agent');
  await rows(page, 'clusters', hostile);
  expect(await page.content()).not.toContain('a1B2a1B2');
  expect(await page.locator('main img, main script').count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
  await running.stop();
});

test('it asks for a token where one is wanted', async () => {
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, 'read-risk-events\n');
  await using running = await startSidewatch(
    `telemetry: {console: {endpoint: "127.0.0.1:0", auth: {tokens: [{file: ${JSON.stringify(tokens)}}]}}}`,
  );
  const { page } = await watchedPage(browser);
  await page.goto(`http://${running.console}/`);
  const field = page.getByLabel('This console wants a token');
  await field.waitFor();
  expect(await page.locator('#headline').textContent()).toBe('');
  await field.fill('wrong');
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText('The token is not accepted.').waitFor();
  await field.fill('read-risk-events');
  await field.press('Enter');
  await page.getByText('Connected', { exact: true }).waitFor();
  expect(await field.isVisible()).toBe(false);
  await page.getByText('No group is open.').waitFor();
  await page.close();
  await running.stop();
});

test('it says when the connection is lost, and connects again', async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => free.once('listening', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const yaml = `telemetry: {console: {endpoint: "127.0.0.1:${port}"}}`;
  const first = await startSidewatch(yaml);
  const { page } = await watchedPage(browser);
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.getByText('Connected', { exact: true }).waitFor();
  await first.stop();
  await page.getByText(/^Not connected .* Trying again; what fires until then is not shown\.$/).waitFor();
  await using second = await startSidewatch(yaml);
  await page.getByText('Connected', { exact: true }).waitFor();
  await page.close();
  await second.stop();
});

/** The recorded day of the demo, as if it ended now. */
function today(): readonly AuditEvent[] {
  const events: AuditEvent[] = recordedDay().lines.map((line) => JSON.parse(line));
  const times = events.map(({ stageTimestamp }) => parseTime(stageTimestamp)!);
  const shift = wallClock() - Math.max(...times);
  return events.map((event, i) => ({ ...event, stageTimestamp: formatTime((times[i]! + shift) as Micros) }));
}

test('it fits wide and narrow screens; docs/live.png shows it', async () => {
  await using running = await startSidewatch(CONSOLE, {}, 'rules: {packs: [sidewatch]}');
  await using grpc = sender(running.grpc);
  const { page, complaints } = await watchedPage(browser, { viewport: { width: 1200, height: 780 } });
  await page.goto(`http://${running.console}/`);
  await page.getByText('No group is open.').waitFor();
  const events = today();
  for (let i = 0; i < events.length; i += 100)
    await grpc.send(otlpBytes(events.slice(i, i + 100), { 'k8s.cluster.name': 'prod-eu' }));
  await rows(page, 'risk', LONDON);
  await rows(page, 'rules', 'kubernetes_api_scanning');
  await page.locator('#headline div', { hasText: `Events${events.length}` }).waitFor();
  const picture = process.env['DOCS'] === 'update' ? { path: 'docs/live.png' } : {};
  await page.screenshot(picture);
  await page.setViewportSize({ width: 380, height: 800 });
  const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
  expect(overflow).toBeLessThanOrEqual(0);
  await page.screenshot(process.env['DOCS'] === 'update' ? { path: join(tmpdir(), 'live-narrow.png') } : {});
  expect(complaints).toEqual([]);
  await page.close();
  await running.stop();
});
