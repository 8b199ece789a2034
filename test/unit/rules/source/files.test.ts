import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKS } from '../../../../src/model/packs.ts';
import { packFiles, packLists, profileFiles, ruleFiles } from '../../../../src/rules/source/files.ts';

let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sidewatch-rules-'));
  mkdirSync(join(root, 'deep', 'er'), { recursive: true });
  mkdirSync(join(root, 'empty'));
  for (const name of ['b.yml', 'a.yaml', 'a.test.yml', 'note.txt', 'deep/er/c.yml'])
    writeFileSync(join(root, name), `# ${name}`);
  // As the kubelet mounts a ConfigMap.
  mkdirSync(join(root, 'mount', '..2026_01_15'), { recursive: true });
  writeFileSync(join(root, 'mount', '..2026_01_15', 'rule.yml'), '# mounted');
  symlinkSync('..2026_01_15', join(root, 'mount', '..data'));
  symlinkSync(join('..data', 'rule.yml'), join(root, 'mount', 'rule.yml'));
});

afterAll(() => rmSync(root, { recursive: true }));

const names = (...patterns: string[]) =>
  ruleFiles(patterns.map((pattern) => join(root, pattern))).files.map(({ path }) =>
    path.slice(root.length + 1),
  );

describe('rule files', () => {
  test('of a directory are all below it, without tests of rules', () => {
    expect(names('.')).toEqual(['a.yaml', 'b.yml', 'deep/er/c.yml', 'mount/rule.yml']);
  });

  test('of a mounted ConfigMap are each there once', () => {
    expect(names('mount')).toEqual(['mount/rule.yml']);
    expect(names('mount/*')).toEqual(['mount/rule.yml']);
  });

  test('of a glob are those that match', () => {
    expect(names('*.yml')).toEqual(['b.yml']);
    expect(names('*')).toEqual(['a.yaml', 'b.yml']);
    expect(names('**/*.yml')).toEqual(['b.yml', 'deep/er/c.yml', 'mount/rule.yml']);
  });

  test('that are named stand first come, and once', () => {
    expect(names('b.yml', '*')).toEqual(['b.yml', 'a.yaml']);
    expect(names('note.txt')).toEqual(['note.txt']);
  });

  test('carry their text, and their path as ruleset', () => {
    const path = join(root, 'b.yml');
    expect(ruleFiles([path])).toEqual({ files: [{ path, text: '# b.yml', ruleset: path }], absent: [] });
  });

  test('that do not exist are all reported, and the others are read', () => {
    const [glob, file, good, folder] = ['no*.yml', 'none.yml', 'b.yml', 'empty'].map((one) =>
      join(root, one),
    );
    const { files, absent } = ruleFiles([glob!, file!, good!, folder!]);
    expect(files).toMatchObject([{ path: good }]);
    expect(absent).toEqual([
      { index: 0, why: `${glob} matches no rule file` },
      { index: 1, why: `${file} matches no rule file` },
      { index: 3, why: `${folder} has no rule files (.yml or .yaml, but not .test.yml)` },
    ]);
  });
});

describe('packs', () => {
  test('are read from the package, in any working directory', () => {
    const files = packFiles(['sidewatch']);
    const scanning = files.find(
      ({ path }) => path === 'rules/sidewatch/discovery/kubernetes_api_scanning.yml',
    );
    expect(scanning).toMatchObject({ ruleset: 'sidewatch', text: expect.stringContaining('title: ') });
  });

  test('have their rules and filters at any depth, and neither tests nor lists nor profiles among them', () => {
    const paths = packFiles(PACKS).map(({ path }) => path);
    expect(paths).toContain('rules/escu/kubernetes_access_scanning.yml');
    expect(paths).toContain('rules/escu/filters/kube_allowed_images.yml');
    expect(paths.filter((path) => /\.test\.yml$|lists\.yml$|profiles/.test(path))).toEqual([]);
    expect(paths).toEqual([...new Set(paths)]);
  });

  test('named twice are read once', () => {
    expect(packFiles(['escu', 'escu'])).toEqual(packFiles(['escu']));
  });

  test('of other names are refused', () => {
    expect(() => packFiles(['escuu'])).toThrow('"escuu" is not a pack; did you mean "escu"?');
    expect(() => packFiles(['everything'])).toThrow(
      '"everything" is not a pack; the packs are escu, sidewatch',
    );
    expect(() => packFiles(['../escu'])).toThrow('is not a pack');
    expect(() => packLists(['../escu'])).toThrow('is not a pack');
  });

  test('bring their lists', () => {
    expect(packLists(['escu']).get('kube_allowed_images')).toEqual(['*splunk*', '*falco*']);
    expect(packLists(['sidewatch']).get('kube_allowed_images')).toBeUndefined();
    expect(packLists([]).size).toBe(0);
  });

  test('bring profiles, which are found by name alone', () => {
    const { profiles, absent } = profileFiles(['escu-2062', 'escu-2026', '../lists']);
    expect(profiles).toMatchObject([
      { name: 'escu-2026', pack: 'escu', path: 'rules/escu/profiles/escu-2026.yml' },
    ]);
    expect(absent).toEqual([
      { index: 0, why: '"escu-2062" is not a profile; did you mean "escu-2026"?' },
      { index: 2, why: expect.stringContaining('"../lists" is not a profile') },
    ]);
  });
});
