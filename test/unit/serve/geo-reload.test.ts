import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { startGeoReload } from '../../../src/serve/geo-reload.ts';
import { geoOf } from '../../../src/setup/detector.ts';
import { TestCounters } from '../../support/counters.ts';
import { mmdbFile } from '../enrich/mmdb-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'geo-reload-'));
afterAll(() => rmSync(folder, { recursive: true }));

const of = (city: string) => mmdbFile(4, 'GeoLite2-City', { '20.0.0.0/8': { city } });

async function start(city: string) {
  const loaded = loadConfig({ path: 'test.yaml', text: `geo: {city: ${city}}` }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const lines: string[] = [];
  const log = {
    info: (text: string) => lines.push(`info ${text}`),
    warn: (text: string) => lines.push(`warn ${text}`),
    error: (text: string) => lines.push(`error ${text}`),
  };
  const counters = new TestCounters();
  const geo = geoOf(loaded.config);
  await geo.open();
  return { geo, lines, counters, reload: startGeoReload(geo, counters, log) };
}

test('a file that has changed is in use after two looks; a broken one is warned of once, and the old data stay', async () => {
  const path = join(folder, 'city.mmdb');
  writeFileSync(path, of('old'));
  const { geo, lines, counters, reload } = await start(path);
  const look = async () => {
    await reload!.check();
    await reload!.check();
  };
  await look();
  expect(lines).toEqual([]);
  writeFileSync(path, of('newer'));
  await look();
  expect(geo.locate('20.0.0.1')?.city).toBe('newer');
  writeFileSync(path, 'garbage');
  await look();
  await look();
  expect(geo.locate('20.0.0.1')?.city).toBe('newer');
  // It is read at every look until it is good.
  writeFileSync(path, of('newest!'));
  await reload!.check();
  expect(geo.locate('20.0.0.1')?.city).toBe('newest!');
  expect(lines).toEqual([
    expect.stringMatching(/^info the geo database .*city\.mmdb has changed and is in use$/),
    expect.stringMatching(/^warn the old geo data stay in use: .*no MaxMind DB/),
    expect.stringMatching(/^info /),
  ]);
  expect([counters.of('geo_reloads', 'replaced'), counters.of('geo_reloads', 'failed')]).toEqual([2, 1]);
  await reload!.stop(AbortSignal.abort());
});

test.each(['dbip-lite', 'none'])('%s has no file that could change', async (city) => {
  expect((await start(city)).reload).toBeUndefined();
});
