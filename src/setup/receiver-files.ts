import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { Config, ReceiverConfig, SettingPlace } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import { tlsFiles } from '../config/tls-files.ts';
import type { YamlPath } from '../lib/yaml-source.ts';
import { fileWatch } from '../ops/file-watch.ts';
import type { ServerKeys } from '../receive/tls-server.ts';
import { type KnownToken, tokensIn } from '../receive/tokens.ts';
import type { FileContents } from './file-contents.ts';
import { pemOrRefuse } from './pem.ts';
import { UserError } from './user-error.ts';
import { userFile } from './user-file.ts';

/** The files of a receiver that hold secrets; without TLS, or without tokens, there are none. */
export interface SecretFiles {
  readonly keys: FileContents<ServerKeys> | undefined;
  readonly tokens: FileContents<readonly KnownToken[]> | undefined;
}

/** Where each receiver is configured. */
export const RECEIVER_PATHS = {
  grpc: ['receivers', 'otlp', 'protocols', 'grpc'],
  http: ['receivers', 'otlp', 'protocols', 'http'],
  webhook: ['receivers', 'kubernetes_audit_webhook'],
} as const satisfies Readonly<Record<string, YamlPath>>;

export type ReceiverName = keyof typeof RECEIVER_PATHS;

/** Of the receivers that a configuration has. */
export type ReceiverFiles = Readonly<Partial<Record<ReceiverName, SecretFiles>>>;

/** Throws UserError with everything that is wrong with any of them. */
export function receiverFiles({ receivers, place }: Config): ReceiverFiles {
  const faults: string[] = [];
  const of = (name: ReceiverName, config: ReceiverConfig | undefined) =>
    config && { [name]: secretFiles(config, { path: RECEIVER_PATHS[name], place }, faults) };
  const files = {
    ...of('grpc', receivers.otlp?.protocols.grpc),
    ...of('http', receivers.otlp?.protocols.http),
    ...of('webhook', receivers.kubernetes_audit_webhook),
  };
  if (faults.length > 0) throw new UserError(faults);
  return files;
}

/** The tokens of the console; undefined where it needs none. Throws UserError. */
export function consoleTokens({ telemetry, place }: Config): SecretFiles['tokens'] {
  const faults: string[] = [];
  const tokens = tokenFiles(telemetry.console.auth, { path: ['telemetry', 'console'], place }, faults);
  if (faults.length > 0) throw new UserError(faults);
  return tokens;
}

/** Where a receiver stands in the configuration. */
interface Whereabouts {
  readonly path: YamlPath;
  readonly place: SettingPlace | undefined;
}

function secretFiles({ tls, auth }: ReceiverConfig, at: Whereabouts, faults: string[]): SecretFiles {
  const keys = tls && contents(tlsPaths(tls), () => keysOf(tls, at), faults);
  return { keys, tokens: tokenFiles(auth, at, faults) };
}

interface TokenFile {
  readonly file: string;
  readonly cluster?: string | undefined;
}

function tokenFiles(
  { tokens }: { readonly tokens: readonly TokenFile[] },
  at: Whereabouts,
  faults: string[],
): SecretFiles['tokens'] {
  const files = tokens.map(({ file }) => file);
  return files.length === 0 ? undefined : contents(files, () => tokensOf(tokens, at), faults);
}

function contents<T>(paths: readonly string[], read: () => T, faults: string[]): FileContents<T> | undefined {
  // Before they are read, so that no change is missed.
  const changed = fileWatch(() => paths);
  try {
    return { changed, first: read(), read };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    faults.push(...error.lines);
    return undefined;
  }
}

type Tls = NonNullable<ReceiverConfig['tls']>;

const tlsPaths = ({ cert_file, key_file, client_ca_file }: Tls): readonly string[] =>
  [cert_file, key_file, client_ca_file].filter((path) => path !== undefined);

function keysOf(tls: Tls, { path: section, place }: Whereabouts): ServerKeys {
  const { cert = '', key = '', ca: clientCa } = pemOrRefuse(tlsFiles(tls, [...section, 'tls']), place);
  return { cert, key, minVersion: tls.min_version, ...(clientCa === undefined ? {} : { clientCa }) };
}

function tokensOf(files: readonly TokenFile[], { path: section, place }: Whereabouts): readonly KnownToken[] {
  const faults: PlacedFault[] = [];
  const all: KnownToken[] = [];
  const owners = new Map<string, { readonly path: string; readonly cluster: string | undefined }>();
  for (const [i, { file: path, cluster }] of files.entries()) {
    const refuse = (what: string) =>
      faults.push(settingFault([...section, 'auth', 'tokens', i, 'file'], `${path} ${what}`, place));
    const read = userFile(path);
    const tokens = 'why' in read ? read : tokensIn(read.text, cluster);
    if ('why' in tokens) {
      refuse(tokens.why);
      continue;
    }
    for (const token of tokens) {
      const digest = token.digest.toString('hex');
      const owner = owners.get(digest);
      if (owner && owner.cluster !== cluster)
        refuse(`holds a token that ${owner.path} holds too, for another cluster`);
      owners.set(digest, { path, cluster });
    }
    all.push(...tokens);
  }
  if (faults.length > 0) throw new UserError(faultLines(faults));
  return all;
}
