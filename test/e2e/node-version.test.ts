import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** What `sidewatch --version` does under a Node that gives itself out as that version. */
function under(version: string) {
  const pretence = `Object.defineProperty(process, 'versions', {value: {...process.versions, node: '${version}'}})`;
  const args = ['--import', `data:text/javascript,${pretence}`, MAIN, '--version'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
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
