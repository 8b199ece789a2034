import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { localBase } from './local-base.ts';

// npm run image [-- [--local-base] [NAME [more arguments for the builder]]]

const ROOT = new URL('../..', import.meta.url).pathname;
const FILE = 'helm/image/Dockerfile';

type Builder = 'docker' | 'podman' | 'buildah';

/** The first that works here; docker only where its daemon answers. SIDEWATCH_IMAGE_BUILDER names one. */
function builderHere(): Builder {
  const wanted = process.env['SIDEWATCH_IMAGE_BUILDER'];
  const all: readonly Builder[] = ['docker', 'podman', 'buildah'];
  const works = (name: string) => spawnSync(name, ['version'], { stdio: 'ignore' }).status === 0;
  const found = all.find((name) => (wanted ? name === wanted : works(name)));
  if (found) return found;
  throw new Error(
    wanted
      ? `SIDEWATCH_IMAGE_BUILDER is ${wanted}, and not one of ${all.join(', ')}`
      : 'npm run image needs docker (with its daemon), podman or buildah; on Debian: apt-get install --no-install-recommends buildah crun',
  );
}

/** How each builder is called, without the arguments that are the same for all. */
const COMMANDS: Readonly<Record<Builder, readonly string[]>> = {
  docker: ['build'],
  podman: ['build', '--format', 'docker', '--ignorefile', `${FILE}.dockerignore`],
  // Without a user namespace or a kernel's overlay file system, as in a container.
  buildah: [
    '--storage-driver',
    'vfs',
    'bud',
    '--isolation',
    'chroot',
    '--layers=false',
    '--format',
    'docker',
    '--ignorefile',
    `${FILE}.dockerignore`,
  ],
};

const KIND: Readonly<Record<Builder, (name: string) => string>> = {
  docker: (name) => `kind load docker-image ${name}`,
  podman: (name) =>
    `podman save ${name} -o sidewatch-image.tar && kind load image-archive sidewatch-image.tar`,
  buildah: (name) =>
    `buildah --storage-driver vfs push ${name} docker-archive:sidewatch-image.tar:${name.includes('/') ? name : `docker.io/library/${name}`} && kind load image-archive sidewatch-image.tar`,
};

function labels(): readonly string[] {
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  const created = (epoch ? new Date(Number(epoch) * 1000) : new Date()).toISOString();
  const values = { VERSION: version, REVISION: stdout?.trim() ?? '', CREATED: created };
  return Object.entries(values).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
}

function main(args: readonly string[]): number {
  const builder = builderHere();
  const isLocal = args[0] === '--local-base';
  const [name = 'sidewatch:dev', ...more] = isLocal ? args.slice(1) : args;
  if (isLocal && builder !== 'buildah') throw new Error('--local-base works with buildah alone');
  const base = isLocal ? localBase() : [];
  const given = [...COMMANDS[builder], ...base, ...labels(), ...more, '--file', FILE, '--tag', name, '.'];
  const { status } = spawnSync(builder, given, { cwd: ROOT, stdio: 'inherit' });
  if (status === 0)
    process.stdout.write(`${name} is built. Into a cluster of kind: ${KIND[builder](name)}\n`);
  return status ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
