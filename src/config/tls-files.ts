import type { YamlPath } from '../lib/yaml-source.ts';
import type { TlsFiles } from './target.ts';

type TlsKey = 'ca_file' | 'client_ca_file' | 'cert_file' | 'key_file';

/** The files that a `tls` section names. `setting`: the path of that section. */
export function tlsFiles(
  tls: Readonly<Partial<Record<TlsKey, string | undefined>>>,
  setting: YamlPath,
): TlsFiles {
  const file = (key: TlsKey) => {
    const path = tls[key];
    return path === undefined ? undefined : { path, setting: [...setting, key] };
  };
  const ca = file('ca_file') ?? file('client_ca_file');
  const [cert, key] = [file('cert_file'), file('key_file')];
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
