import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

// Generates the code anew beside the committed one and compares, so that nobody edits src/gen and nobody forgets `npm run gen`.
const fresh = mkdtempSync(join(tmpdir(), 'sidewatch-gen-'));
try {
  execFileSync('buf', ['generate', '--output', join(fresh, 'in', 'proto')], {
    cwd: 'proto',
    stdio: 'inherit',
  });
  const files = (root: string) =>
    globSync('**/*.ts', { cwd: root })
      .sort()
      .map((file) => [relative('', file), readFileSync(join(root, file), 'utf8')]);
  if (JSON.stringify(files(join(fresh, 'in', 'src', 'gen'))) !== JSON.stringify(files('src/gen'))) {
    console.error('src/gen is not what proto/ generates: run `npm run gen` and commit the result');
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true });
}
