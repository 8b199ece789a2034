import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { outputs } from '../../../src/config/outputs.ts';
import { openDeadLetters } from '../../../src/setup/open-dead-letters.ts';
import { TestCounters } from '../../support/counters.ts';

const folder = mkdtempSync(join(tmpdir(), 'open-dead-letters-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function opened(text: string) {
  const loaded = loadConfig({ path: 'sidewatch.yaml', text }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const out = outputs(loaded.config, {});
  if ('errors' in out) throw new Error(out.errors.join('\n'));
  return await openDeadLetters({ ...out, config: loaded.config }, new TestCounters(), () => {});
}

test('the folder is made, for its owner alone', async () => {
  const directory = join(folder, 'a', 'letters');
  expect(await opened(`delivery: {directory: ${directory}}`)).toBeDefined();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(await opened(`delivery: {directory: ${directory}}`)).toBeDefined();
});

test('without a folder there are none', async () => {
  expect(await opened('')).toBeUndefined();
});

test('a folder that cannot be used is an error with its place', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(opened(`delivery: {directory: ${join(folder, 'file', 'x')}}`)).rejects.toThrow(
    /^sidewatch\.yaml:1 {2}delivery\.directory {2}.*\/file\/x cannot be used: ENOTDIR/,
  );
});
