import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { engine } from '../support/engine.ts';
import { at, refused } from '../support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'result-filters-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'denied.yml');
writeFileSync(
  file,
  `title: Denied
id: denied
name: denied
logsource: {product: kubernetes, service: audit}
detection: {denied: {responseStatus.code: 403}, condition: denied}
---
title: Denied Often
id: denied-often
name: denied_often
correlation:
  type: event_count
  rules: [denied]
  group-by: [sourceIPs, sourceIPs.geo.country.name]
  timespan: 60m
  condition: {gt: 5}
sidewatch: {emit: both, risk: {collect: [user.username]}, rename: {sourceIPs.geo.country.name: Country}}
`,
);

const AMSTERDAM = '198.51.100.1';
const BERLIN = '198.51.100.2';
const START = at('2026-01-15T09:00:00Z');

test('what a result filter drops has no summary either', async () => {
  const run = await engine(`
rules:
  packs: []
  files: [${JSON.stringify(file)}]
  result_filters: {denied_often: {home: {Country: Netherlands}, condition: not home}}
`);
  for (const address of [AMSTERDAM, BERLIN])
    await run.send(
      Array.from({ length: 20 }, () => refused(START, [address])),
      START,
    );
  await run.close(at('2026-01-15T12:00:00Z'));
  const fired = (await run.fired()).map(({ name, attributes }) => [
    name,
    attributes['sidewatch.group.sourceIPs'],
  ]);
  expect(fired).toEqual([
    ['sidewatch.risk', BERLIN],
    ['sidewatch.summary', BERLIN],
  ]);
  expect(run.counters.of('detections_filtered')).toBe(1);
});

test.each([
  ['that it lets pass has a summary, though its final values would be dropped', 'alice', 'bob', 2],
  ['that it drops has none, though its final values would pass', 'bob', 'alice', 0],
])('a detection %s', async (_, first, later, events) => {
  const run = await engine(`
rules:
  packs: []
  files: [${JSON.stringify(file)}]
  result_filters: {denied_often: {bob: {user.username: bob}, condition: not bob}}
`);
  for (const username of [...Array(6).fill(first), later])
    await run.send([refused(START, [AMSTERDAM], { user: { username, groups: [] } })], START);
  await run.close(at('2026-01-15T12:00:00Z'));
  expect(await run.fired()).toHaveLength(events);
});
