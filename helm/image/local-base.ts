import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Not the name of the real base, so that nobody takes one for the other. */
const NAME = 'localhost/sidewatch-local-base:24';

/**
 * For a machine without a registry of images: a base from Debian's packages, and this Node.js and npm. It proves that the
 * Dockerfile builds and that the image runs, not that the real base fits. Gives the arguments of buildah that use it.
 */
export function localBase(): readonly string[] {
  const made = spawnSync('buildah', ['--storage-driver', 'vfs', 'inspect', '--type', 'image', NAME]);
  if (made.status !== 0) makeBase();
  return ['--pull-never', '--build-arg', `BASE=${NAME}`, ...certificates()];
}

function makeBase(): void {
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-base-'));
  try {
    execFileSync(
      'mmdebstrap',
      ['--variant=minbase', '--include=ca-certificates', 'bookworm', join(folder, 'base.tar')],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const local = join(folder, 'local');
    mkdirSync(join(local, 'bin'), { recursive: true });
    cpSync(process.execPath, join(local, 'bin', 'node'));
    cpSync(npmFolder(), join(local, 'lib', 'npm'), { recursive: true, dereference: true });
    for (const name of ['npm', 'npx']) symlinkSync(`../lib/npm/bin/${name}-cli.js`, join(local, 'bin', name));
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nADD base.tar /\nCOPY local /usr/local\n');
    const build = ['bud', '--isolation', 'chroot', '--layers=false', '--tag', NAME, folder];
    execFileSync('buildah', ['--storage-driver', 'vfs', ...build], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The folder of the npm that runs this script, or of the one that stands in PATH. */
function npmFolder(): string {
  const script =
    process.env['npm_execpath'] ?? realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim());
  return dirname(dirname(realpathSync(script)));
}

/** The authorities that this machine trusts, for npm in the build, and none of it in the image. */
function certificates(): readonly string[] {
  const all = '/etc/ssl/certs/ca-certificates.crt';
  if (!existsSync(all)) return [];
  const file = join(mkdtempSync(join(homedir(), '.sidewatch-npmrc-')), 'npmrc');
  writeFileSync(file, `cafile=${all}\n`);
  process.on('exit', () => rmSync(dirname(file), { recursive: true }));
  return ['--volume', '/etc/ssl/certs:/etc/ssl/certs:ro', '--volume', `${file}:/root/.npmrc:ro`];
}
