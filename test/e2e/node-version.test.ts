import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

const ROOT = new URL('../..', import.meta.url).pathname;

/** What `sidewatch --version` does under a Node that gives itself out as that version. */
function under(version: string) {
  return ended(['--import', `data:text/javascript,${pretence(version)}`, MAIN, '--version']);
}

const pretence = (version: string) =>
  `Object.defineProperty(process, 'versions', {value: {...process.versions, node: '${version}'}})`;

function ended(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('Node.js', () => {
  test.each(['20.20.2', '22.17.1', '23.7.0'])('%s is refused in one line', (version) => {
    expect(under(version)).toEqual({
      status: 1,
      stdout: '',
      stderr: `sidewatch needs Node.js 22.18 or newer (of version 23: 23.8 or newer); this is ${version}\n`,
    });
  });

  test.each(['22.18.0', '23.8.0', '24.0.0', '26.1.0'])('%s will do', (version) => {
    expect(under(version)).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('the npm scripts', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

  test.each(['sidewatch', 'start', 'demo'])(
    '%s asks for the version before Node reads TypeScript',
    (name) => {
      expect(scripts[name]).toMatch(/^exec node -r \.\/src\/old-node\.cjs /);
    },
  );

  test.each(['test', 'test:unit', 'fuzz'])('%s asks for the version first', (name) => {
    expect(scripts[name]).toMatch(/^node src\/old-node\.cjs && /);
  });

  /** Under a Node that gives itself out as that version, and that cannot load main.ts. */
  const loaded = (version: string) =>
    ended(['-e', `${pretence(version)}; require('./src/old-node.cjs'); console.log('it goes on')`]);

  test.each(['20.20.2', '22.17.1', '23.7.0'])('say in one sentence what to do under %s', (version) => {
    const { status, stdout, stderr } = loaded(version);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(
        `^sidewatch needs Node\\.js 22\\.18 .* this is ${version}: run \`npm ci\` again without [^\n]*\n$`,
      ),
    );
  });

  test.each(['22.18.0', '23.8.0', '24.0.0', '26.1.0'])('go on under %s', (version) => {
    expect(loaded(version)).toEqual({ status: 0, stdout: 'it goes on\n', stderr: '' });
  });
});
