import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Micros } from '../../src/model/time.ts';
import { engine } from '../support/engine.ts';
import { otlpBytes } from '../support/events.ts';
import { end } from '../support/hits.ts';

// The default pack over what a real API server logged: quiet days raise nothing above informational, and what each bad day
// raises is written down. GOLDEN=update writes expected-sidewatch.json anew; CI refuses that.

const CAPTURES = new URL('../captures/', import.meta.url);
const EXPECTED = new URL('expected-sidewatch.json', CAPTURES);
const LEVELS = ['metadata', 'request-response'] as const;
const QUIET = ['ordinary.ndjson.gz', 'startup.ndjson.gz'];
const LOUD = ['dangerous', 'kube-hunter', 'paths', 'spoof', 'stolen', 'odd', 'bearer', 'xff'].map(
  (name) => `${name}.ndjson`,
);

function linesOf(file: string): readonly string[] {
  const bytes = readFileSync(new URL(file, CAPTURES));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n');
}

async function raised(file: string): Promise<readonly RiskEvent[]> {
  const lines = linesOf(file);
  const run = await engine('rules: {packs: [sidewatch]}', 'real');
  const clock = (Date.parse(JSON.parse(lines.at(-1)!).stageTimestamp) * 1000) as Micros;
  await run.handle(otlpBytes(lines, { 'k8s.cluster.name': 'prod-eu-1' }), clock);
  await run.end();
  await run.close(end);
  return (await run.fired()).filter(({ name }) => name === 'sidewatch.risk');
}

/** `72 high Anonymous access ...`: each once, since one rule may fire for several groups. */
const told = (events: readonly RiskEvent[]) =>
  [
    ...new Set(
      events.map(({ score, severityText, body }) => `${String(score).padStart(3)} ${severityText}: ${body}`),
    ),
  ].sort();

describe.each(LEVELS)('at level %s', (level) => {
  test.each(QUIET)('%s raises nothing above informational', async (file) => {
    const events = await raised(`${level}/${file}`);
    expect(told(events.filter(({ severityText }) => severityText !== 'informational'))).toEqual([]);
  });
});

test('what the other captures raise is what is written down', async () => {
  const found: Record<string, readonly string[]> = {};
  for (const level of LEVELS)
    for (const file of LOUD) found[`${level}/${file}`] = told(await raised(`${level}/${file}`));
  if (process.env['GOLDEN'] === 'update') {
    if (process.env['CI']) throw new Error('CI does not write what it should check');
    writeFileSync(EXPECTED, `${JSON.stringify(found, null, 2)}\n`);
  }
  expect(found).toEqual(JSON.parse(readFileSync(EXPECTED, 'utf8')));
});

test('what a risk event tells of the requests is what stood in them, whole', async () => {
  const file = 'metadata/odd.ndjson';
  const events = linesOf(file).map((line) => JSON.parse(line) as Record<string, unknown>);
  const risks = await raised(file);
  expect(risks.length).toBeGreaterThan(1);
  for (const { attributes } of risks)
    for (const field of ['userAgent', 'requestURI', 'verb']) {
      const values = (attributes[`sidewatch.values.${field}`] ?? []) as readonly string[];
      expect(events.map((event) => event[field])).toEqual(expect.arrayContaining([...values]));
    }
});
