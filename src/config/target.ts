import type { YamlPath } from '../lib/yaml-source.ts';
import type { Ms } from '../model/time.ts';

/** A PEM file, and the setting that names it: a path in the configuration, or an environment variable. */
export interface PemFile {
  readonly path: string;
  readonly setting: YamlPath;
}

/** Ours are `cert` and its `key`; `ca` is what the receiver must be signed by. */
export interface TlsFiles {
  readonly ca?: PemFile;
  readonly cert?: PemFile;
  readonly key?: PemFile;
}

export interface OtlpTarget {
  readonly name: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  /** Whole, with its path. */
  readonly url: string;
  /** Secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: Ms;
  readonly compression: 'gzip' | 'none';
  readonly tls: TlsFiles;
}

/** Where risk events go. */
export type Target = OtlpTarget | { readonly name: string; readonly protocol: 'console' };
