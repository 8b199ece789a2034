import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from './render.ts';
import { resourceTypes, validatingPython } from './tools.ts';

/** The oldest with native sidecars, one in the middle, the newest that the validator knows. */
export const KUBERNETES = ['1.29', '1.34', '1.37'] as const;

const CUSTOM_RESOURCES: Readonly<Record<string, string>> = {
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/cert-manager.io/v1',
};

const isCustom = ({ apiVersion }: Manifest): boolean => Object.hasOwn(CUSTOM_RESOURCES, apiVersion);

const inFolder = <Result>(work: (folder: string) => Result): Result => {
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-manifests-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** What Kubernetes of a version would not accept in manifests, by the name of what they are from; unknown keys and kinds are errors. */
export function faultsInKubernetes(
  version: string,
  rendered: Readonly<Record<string, readonly Manifest[]>>,
): string {
  return inFolder((folder) => {
    const seen = new Set<string>();
    const files = Object.entries(rendered).map(([name, all]) => {
      const texts = all.filter((manifest) => !isCustom(manifest)).map((manifest) => JSON.stringify(manifest));
      // Many features have the same Service; each is looked at once.
      const fresh = texts.filter((text) => !seen.has(text) && seen.add(text));
      writeFileSync(join(folder, `${name}.yaml`), fresh.join('\n---\n'));
      return `${name}.yaml`;
    });
    const { status, stdout, stderr } = spawnSync(
      validatingPython(),
      ['-m', 'kubernetes_validate', '--strict', '--quiet', '-k', version, ...files],
      { cwd: folder, encoding: 'utf8' },
    );
    const said = `${stdout}${stderr}`;
    return status === 0 ? said : said || `exit code ${status}`;
  });
}

/** What the types of custom resources do not have or want. The compiler refuses unknown keys of a literal. */
export function faultsInCustomResources(rendered: Readonly<Record<string, readonly Manifest[]>>): string {
  const lines = Object.entries(rendered).flatMap(([name, all]) =>
    all.filter(isCustom).map((manifest) => {
      const type = `import('${CUSTOM_RESOURCES[manifest.apiVersion]}').I${manifest.kind}`;
      return `/* ${name} */ (${JSON.stringify(manifest)}) satisfies ${type};`;
    }),
  );
  return inFolder((folder) => {
    symlinkSync(join(resourceTypes(), 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(join(folder, 'resources.ts'), lines.join('\n'));
    const compiler = new URL('../../node_modules/typescript/bin/tsc', import.meta.url).pathname;
    try {
      execFileSync(
        process.execPath,
        [compiler, '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', 'resources.ts'],
        { cwd: folder, encoding: 'utf8', stdio: 'pipe' },
      );
      return '';
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  });
}
