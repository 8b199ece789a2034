import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('a record that no rule can match leaves nothing on the heap', () => {
  const script = new URL('allocation.ts', import.meta.url).pathname;
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { bytes } = JSON.parse(execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' }));
  // The smallest object, a number, is 16 bytes; the engine's own noise is up to 6 a record of such a run.
  expect(bytes).toBeLessThan(8);
});
