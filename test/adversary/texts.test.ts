import { expect, test } from 'vitest';
import { bodyLine, jsonLines } from '../../src/formats/json-lines.ts';
import { ocsf } from '../../src/formats/ocsf.ts';
import { Findings } from '../../src/report/findings.ts';
import { findingsCsv } from '../../src/report/findings-csv.ts';
import { overviewOf } from '../../src/report/overview.ts';
import { COLOURS } from '../../src/report/terminal/colours.ts';
import { findingsTable } from '../../src/report/terminal/findings-table.ts';
import { overviewText } from '../../src/report/terminal/overview-text.ts';
import { detectionLog } from '../../src/serve/detection-log.ts';
import { otlpBytes, TEN } from '../support/events.ts';
import {
  after,
  attacked,
  attackedScan,
  attempt,
  CLUSTER,
  of,
  risks,
  rulesOf,
  SCANNING,
  SECOND,
  sent,
} from './attacked.ts';

const CLIENT = '198.51.100.7';

test('giant fields: they are counted, cut in what is held and sent, and found by themselves', async () => {
  const sidewatch = await attacked();
  const giant = 'A'.repeat(300_000);
  const more = {
    userAgent: giant,
    requestURI: `/api/v1/pods?q=${giant}`,
    user: { username: 'system:anonymous', groups: ['system:unauthenticated', giant] },
  };
  const claims = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (let i = 0; i < 6; i++)
    await sent(sidewatch, [attempt(i * SECOND, [...claims, CLIENT], { ...more, auditID: `${giant}${i}` })]);
  const found = await risks(sidewatch);
  expect(rulesOf(found)).toEqual(
    expect.arrayContaining([SCANNING, 'Kubernetes Oversize Request Without Credentials']),
  );
  for (const event of found) {
    const texts = Object.values(event.attributes).flat();
    expect(Math.max(...texts.map((text) => String(text).length))).toBeLessThanOrEqual(2048);
  }
  expect(of(SCANNING, found)[0]!.attributes['sidewatch.values.truncated']).toEqual(
    expect.arrayContaining(['requestURI', 'userAgent']),
  );
  expect(sidewatch.held.bytes).toBeLessThan(2 ** 20);
});

/** Each character of each key and text as an escape. */
function escaped(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, (text) => {
    const plain: string = JSON.parse(text);
    return `"${[...plain].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
  });
}

test('unicode escapes: an event that is written in escapes is the same event', async () => {
  const sidewatch = await attackedScan();
  const events = Array.from({ length: 6 }, (_, i) => JSON.stringify(attempt(i * SECOND, [CLIENT])));
  for (const body of [...events.map(escaped), ...events]) {
    expect(body.includes('\\u0073') || body.includes('system:anonymous')).toBe(true);
    await sidewatch.handle(otlpBytes([body], { 'k8s.cluster.name': CLUSTER }), after(6 * SECOND));
  }
  // And one that came in both ways is one hit.
  expect(of(SCANNING, await risks(sidewatch))).toMatchObject([
    { attributes: { 'client.address': CLIENT, 'sidewatch.count': 6 } },
  ]);
  await sidewatch.close(after(3 * 3600 * SECOND));
  expect(await sidewatch.fired()).toMatchObject([{ attributes: { 'sidewatch.count': 6 } }]);
});

test('look-alike names: a user whose name only looks like the anonymous one is another user', async () => {
  const sidewatch = await attackedScan();
  for (let i = 0; i < 6; i++)
    await sent(sidewatch, [
      attempt(i * SECOND, [CLIENT], { user: { username: 'system:\u0430nonymous', groups: ['x'] } }),
    ]);
  expect(await risks(sidewatch)).toEqual([]);
});

const NASTY = 'curl\u001b[2J\u001b[31m\r\nlevel=info msg="all is well"\u0000\u202egnp.exe\u2028\u200b';
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b]/;

test('control characters in agents: no terminal, log line, table or JSON line gets them raw', async () => {
  const sidewatch = await attacked();
  for (let i = 0; i < 12; i++)
    await sent(sidewatch, [
      attempt(i * SECOND, [`198.${i}.100.7`], { userAgent: NASTY, requestURI: `/${i}${NASTY}` }),
    ]);
  const found = of('Kubernetes API Distributed Scan By User Agent', await risks(sidewatch));
  expect(found.length).toBeGreaterThan(0);
  const [event] = found;
  // As an attribute, the agent is what it was: a backend shows it in its own way.
  expect(event!.attributes['sidewatch.group.userAgent']).toBe(NASTY);
  const findings = new Findings(sidewatch.rules);
  findings.add(event!);
  const list = findings.list();
  const overview = overviewOf(list, findings.tally, {
    files: 1,
    events: 12,
    covered: undefined,
    unread: [NASTY],
    malformed: 0,
    shortfalls: [],
    blind: [{ title: NASTY, events: 200 }],
    stopped: false,
  });
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const log = { debug: say, info: say, warn: say, error: say, fatal: say };
  detectionLog(log as never, 'info', (id) => id).detected(sidewatch.rules[0]!, event!.detection, event!);
  const shown = {
    body: event!.body,
    json: jsonLines([event!]).slice(0, -1),
    finding: bodyLine(ocsf('1')(event!, TEN)).slice(0, -1),
    log: lines.join('\n'),
  };
  for (const [where, text] of Object.entries(shown)) {
    expect([where, RAW.exec(text)?.[0]]).toEqual([where, undefined]);
    expect([where, text.includes('\n')]).toEqual([where, false]);
  }
  for (const width of [undefined, 80, 300]) {
    const look = { width, zone: 'utc', colours: COLOURS.none } as const;
    expect(RAW.exec(findingsTable(list, look))?.[0]).toBeUndefined();
    expect(RAW.exec(overviewText(overview, findings.tally, look))?.[0]).toBeUndefined();
  }
  expect(RAW.exec(findingsCsv(list).replaceAll('\r\n', ''))?.[0]).toBeUndefined();
  expect(JSON.parse(shown.json).attributes['sidewatch.group.userAgent']).toBe(NASTY);
});
