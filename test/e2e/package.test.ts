import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sidewatch-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('npm pack gives a package whose bin works under plain Node, rules and demo included', () => {
  // A copy, so that a build for the test leaves nothing in the tree.
  const tree = join(folder, 'tree');
  cpSync(root, tree, {
    recursive: true,
    filter: (source) => !/\/(node_modules|coverage|dist|\.git)$/.test(source),
  });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: tree, stdio: 'pipe' });
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', archive!], { cwd: folder });
  symlinkSync(join(root, 'node_modules'), join(folder, 'package', 'node_modules'));
  const bin = (...args: string[]) =>
    execFileSync(process.execPath, [join(folder, 'package', 'dist', 'main.js'), ...args], {
      encoding: 'utf8',
    });
  expect(bin('--version')).toMatch(/^sidewatch \d/);
  expect(bin('demo')).toContain('T1046 Network Service Discovery');
  const files = readdirSync(join(folder, 'package'));
  expect(files.sort()).toEqual([
    'LICENSE',
    'README.md',
    'dist',
    'node_modules',
    'package.json',
    'rules',
    'test',
  ]);
}, 60_000);
