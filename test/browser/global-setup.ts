import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CHROMIUM } from './chromium.ts';

/** Installs Debian's chromium where it is missing. */
export default function setup(): void {
  if (existsSync(CHROMIUM)) return;
  const needed = `test:browser needs ${CHROMIUM}: on Debian, apt-get install chromium; SIDEWATCH_CHROMIUM names another one`;
  if (process.getuid?.() !== 0 || process.env['SIDEWATCH_CHROMIUM']) throw new Error(needed);
  const apt = (...args: readonly string[]) =>
    spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', 'chromium');
  if (!existsSync(CHROMIUM)) throw new Error(needed);
}
