import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { importSplunk } from '../../src/commands/import/import-splunk.ts';
import { testIo } from '../support/io.ts';
import { sidewatch } from '../support/sidewatch.ts';
import { MADE_UP } from './import-splunk/searches.ts';

// An invented app, in the form of a real one, and the configuration that it becomes. GOLDEN=update writes what is expected.

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

const golden = (name: string) => new URL(`import-splunk/${name}`, import.meta.url).pathname;

function expectGolden(name: string, text: string): void {
  if (process.env['GOLDEN'] === 'update' && !process.env['CI']) writeFileSync(golden(name), text);
  expect(text).toBe(readFileSync(golden(name), 'utf8'));
}

test('an app becomes a configuration and filters that load without a warning', async () => {
  const { io, out, err } = testIo();
  const app = golden('app');
  const to = join(folder, 'made');
  const options = {
    savedsearches: [app],
    macros: [app],
    transforms: [app],
    lookups: join(app, 'lookups'),
    out: to,
  };
  expect(await importSplunk(options, io, MADE_UP)).toBe(0);
  expect(out()).toBe('');
  const said = err().replaceAll(golden(''), '').replaceAll(to, 'OUT');
  expectGolden('said.txt', said);
  const made = (name: string) => readFileSync(join(to, name), 'utf8').replaceAll(to, 'OUT');
  expectGolden('sidewatch.yaml', made('sidewatch.yaml'));
  expectGolden('filters.yml', made('filters.yml'));
  const checked = await sidewatch(['config', 'check', join(to, 'sidewatch.yaml')]);
  expect(checked).toMatchObject({ code: 0, err: '' });
  expect(checked.out).not.toContain('warning');
  // A second time nothing is overwritten.
  await expect(importSplunk(options, io, MADE_UP)).rejects.toThrow(/sidewatch\.yaml {2}is there already/);
});
