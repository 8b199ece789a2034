import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERT, KEY } from '../support/certificate.ts';
import { type Manifest, only } from './render.ts';

/** Where the chart mounts what Sidewatch reads. */
const MOUNTED = '/etc/sidewatch';
/** And what it writes. */
const STORE = '/var/lib/sidewatch';

/** The files that the container of a rendered StatefulSet would see. */
export interface PodFiles extends Disposable {
  /** Of the configuration. */
  readonly config: string;
  /** Lets the kubelet bring in what another render has in its ConfigMaps. */
  update(manifests: readonly Manifest[]): void;
}

/**
 * Makes the folders that a pod of these manifests mounts: ConfigMaps as the kubelet does it, with links to a folder that is
 * swapped; Secrets with made-up contents. Paths in the configuration lead there.
 */
export function podFiles(manifests: readonly Manifest[]): PodFiles {
  const root = mkdtempSync(join(tmpdir(), 'sidewatch-pod-'));
  const moved = (text: string) => text.replaceAll(MOUNTED, root).replaceAll(STORE, join(root, 'store'));
  let version = 0;
  const update = (rendered: readonly Manifest[]) => {
    version++;
    const { containers, volumes } = only(rendered, 'StatefulSet').spec.template.spec;
    for (const { name, mountPath } of containers[0].volumeMounts) {
      if (!mountPath.startsWith(`${MOUNTED}/`)) continue;
      const volume = volumes.find((one: { name: string }) => one.name === name);
      const data = volume.configMap
        ? only(rendered, 'ConfigMap', new RegExp(`^${volume.configMap.name}$`)).data!
        : secretFiles(mountPath, rendered);
      mount(moved(mountPath), data, `..${version}`, moved);
    }
  };
  update(manifests);
  return {
    config: join(root, 'config', 'sidewatch.yaml'),
    update,
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

/** The files of a Secret are those that the configuration names in its folder. */
function secretFiles(mountPath: string, rendered: readonly Manifest[]): Readonly<Record<string, string>> {
  const config: string = only(rendered, 'StatefulSet').spec.template.spec.volumes[0].configMap.name;
  const text: string = only(rendered, 'ConfigMap', new RegExp(`^${config}$`)).data!['sidewatch.yaml']!;
  const names = [...text.matchAll(new RegExp(`(\\w+): ${mountPath}/(\\S+)`, 'g'))];
  return Object.fromEntries(
    names.map(([, key = '', name = '']) => [name, contents(key, `${mountPath}/${name}`)]),
  );
}

const CONTENTS: Readonly<Record<string, string>> = {
  cert_file: CERT,
  key_file: KEY,
  ca_file: CERT,
  client_ca_file: CERT,
};

/** For a `file` a token, which no other file may have. */
function contents(key: string, path: string): string {
  const token = path.replaceAll(/\W/g, '-');
  return key === 'file' ? `a-token-of-a-test-0123456789abcdef${token}\n` : (CONTENTS[key] ?? '');
}

function mount(
  folder: string,
  data: Readonly<Record<string, string>>,
  version: string,
  moved: (text: string) => string,
): void {
  mkdirSync(join(folder, version), { recursive: true });
  for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, version, name), moved(text));
  symlinkSync(version, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const name of Object.keys(data)) {
    const link = join(folder, name);
    rmSync(link, { force: true });
    symlinkSync(join('..data', name), link);
  }
}
