import { closeSync, globSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/load-config.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const DOCKERFILE = read('helm/image/Dockerfile');
/** The instructions of the last stage, which is the image. */
const IMAGE = DOCKERFILE.split(/^FROM /m).at(-1)!;
const instructions = (what: string): readonly string[] =>
  [...IMAGE.matchAll(new RegExp(`^\\s*${what} (.*)$`, 'gm'))].map(([, rest]) => rest!);

interface Locked {
  readonly dev?: boolean;
  readonly cpu?: readonly string[];
  readonly os?: readonly string[];
}

describe('one image fits every platform:', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  const production = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);

  test('no production dependency is for one of them', () => {
    expect(production.length).toBeGreaterThan(20);
    expect(production.filter(([, { cpu, os }]) => cpu ?? os)).toEqual([]);
  });

  test('none has a native file', () => {
    const files = production.flatMap(([path]) =>
      globSync('**/*', {
        cwd: join(ROOT, path),
        withFileTypes: true,
        exclude: ({ name }) => name === 'node_modules',
      })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name)),
    );
    expect(files.length).toBeGreaterThan(500);
    expect(files.filter(isNative)).toEqual([]);
    expect(isNative(process.execPath)).toBe(true);
  });

  test('and nothing is run in its last stage', () => {
    expect(instructions('RUN')).toEqual([]);
    expect(DOCKERFILE.match(/^FROM --platform=\$BUILDPLATFORM /gm)).toHaveLength(2);
  });
});

/** Of Linux, of macOS (with one processor or several), of Windows. */
const MAGIC = /^(7f454c46|cffaedfe|cafebabe|4d5a)/;

function isNative(path: string): boolean {
  if (/\.(node|gyp|so|dylib|dll|exe)$/.test(path)) return true;
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(4);
    return MAGIC.test(start.subarray(0, readSync(file, start)).toString('hex'));
  } finally {
    closeSync(file);
  }
}

test('it runs without a shell, as a user with a number that is not root, and writes nothing', () => {
  for (const what of ['ENTRYPOINT', 'CMD']) {
    const all = instructions(what);
    expect(all.length).toBeGreaterThan(0);
    for (const command of all) expect(JSON.parse(command)).toBeInstanceOf(Array);
  }
  const [user] = instructions('USER');
  expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(instructions('ENV').join()).toContain('NODE_DISABLE_COMPILE_CACHE=1');
});

test('its user and its ports are those of the chart', () => {
  const { podSecurityContext, ports } = parse(read('helm/sidewatch/values.yaml'));
  const { runAsUser, runAsGroup } = podSecurityContext;
  expect(instructions('USER')).toEqual([`${runAsUser}:${runAsGroup}`]);
  const exposed = instructions('EXPOSE').join(' ').split(' ').map(Number);
  expect(exposed.sort()).toEqual(Object.values<number>(ports).sort());
});

test('the configuration in it is valid, and its check finds the health page', () => {
  const file = 'helm/image/sidewatch.yaml';
  expect(loadConfig({ path: file, text: read(file) }, {}, () => '')).toMatchObject({
    config: { telemetry: { health: { endpoint: '127.0.0.1:14133' } } },
  });
  const [check] = [...IMAGE.matchAll(/^HEALTHCHECK .*\\\n {2}CMD (.*)$/gm)].map(([, rest]) =>
    JSON.parse(rest!),
  );
  const [serve] = instructions('CMD').filter((command) => command.includes('"serve"'));
  expect(check).toEqual(['node', '/app/dist/main.js', 'health', ...JSON.parse(serve!).slice(1)]);
});
