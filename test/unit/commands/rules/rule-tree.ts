import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes folders with rule files in them, which are gone when the tests of the file have run. */
export function ruleTrees(): (files: Readonly<Record<string, string>>) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-rules-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let made = 0;
  return (files) => {
    const root = join(folder, String(made++));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  };
}
