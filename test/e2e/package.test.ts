import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadLinks, pagesIn } from '../support/pages.ts';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sidewatch-package-'));
const unpacked = join(folder, 'package');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  // A copy, so that a build for the test leaves nothing in the tree.
  const tree = join(folder, 'tree');
  cpSync(root, tree, {
    recursive: true,
    filter: (source) => !/\/(node_modules|coverage|dist|\.git)$/.test(source),
  });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  mkdirSync(join(tree, 'dist'));
  writeFileSync(join(tree, 'dist', 'of-a-build-long-ago.js'), '');
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: tree, stdio: 'pipe' });
  const [archive] = globSync('*.tgz', { cwd: folder });
  execFileSync('tar', ['-xzf', archive!], { cwd: folder });
});

describe('npm pack gives a package', () => {
  test('of what was built just now, rules, documents and the recorded day: nothing else', () => {
    const files = globSync('**/*.*', { cwd: unpacked });
    const kinds = new Set(
      files.map((file) => file.replace(/^((?:dist|rules|docs)\/)?.*?(\.test)?(\.\w+)$/, '$1$2$3')),
    );
    expect([...kinds].sort()).toEqual([
      '.gz',
      '.json',
      '.md',
      '.ndjson',
      'dist/.css',
      'dist/.html',
      'dist/.js',
      'docs/.json',
      'docs/.md',
      'docs/.png',
      'rules/.yml',
    ]);
    expect(files).toContain('dist/main.js');
    expect(files).not.toContain('dist/of-a-build-long-ago.js');
  });

  test('whose documents refer to what is in it', () => {
    const pages = pagesIn(unpacked);
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.flatMap((page) => deadLinks(page, unpacked))).toEqual([]);
  });

  test('whose bin works under plain Node, rules and demo included', () => {
    symlinkSync(join(root, 'node_modules'), join(unpacked, 'node_modules'));
    const bin = (...args: string[]) =>
      execFileSync(process.execPath, [join(unpacked, 'dist', 'main.js'), ...args], { encoding: 'utf8' });
    expect(bin('--version')).toMatch(/^sidewatch \d/);
    const capture = join(unpacked, 'test/captures/metadata/kube-hunter.ndjson');
    expect(bin('replay', '--output', 'html', capture)).toMatch(/^<!doctype html>/);
    const demo = bin('demo');
    expect(demo).toContain('T1046 Network Service Discovery');
    expect(demo).toMatch(/^Next: {2}sidewatch replay FILE.*\n {7}sidewatch serve /m);
  });

  test('whose live page has its files', () => {
    const module = join(unpacked, 'dist', 'serve', 'live', 'live-pages.js');
    const program = `import { livePages } from ${JSON.stringify(module)};
      console.log(Object.entries(livePages()).map(([path, page]) => path + ' ' + (page().body.length > 100)).join());`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(out.split(',').filter((page) => page.includes('true'))).toHaveLength(out.split(',').length);
    expect(out).toMatch(/^\/ true,.*\/live\.js true/);
  });

  test('whose store finds the program of its thread', () => {
    const module = join(unpacked, 'dist', 'store', 'sqlite', 'open-store.js');
    const directory = join(folder, 'store');
    const program = `import { openStore } from ${JSON.stringify(module)};
      const store = await openStore(${JSON.stringify(directory)});
      console.log(store.why ?? store.last);
      await store.close();`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(out).toBe('{ block: 0, seq: 0 }\n');
  });
});
