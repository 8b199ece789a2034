import { isDeepStrictEqual } from 'node:util';
import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { SettingPlace } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import type { HeaderFile, OtlpTarget } from '../config/target.ts';
import type { OtlpSecrets } from '../export/otlp-destination.ts';
import { grpcCarries } from '../lib/header-values.ts';
import { fileWatch } from '../ops/file-watch.ts';
import { isHeaderValue } from '../schema/network-shapes.ts';
import type { FileContents } from './file-contents.ts';
import { pem } from './pem.ts';
import { UserError } from './user-error.ts';
import { userFile } from './user-file.ts';

/** The keys and headers of a destination. */
export interface ChangingSecrets {
  /** As they are now. The keys are the same object until they change. */
  readonly now: () => OtlpSecrets;
  /** Missing where no file is named. To `read` them puts them in use. */
  readonly files?: FileContents<OtlpSecrets>;
}

/** Reads the files of a destination. */
export function secretsOf(
  target: OtlpTarget,
  place: SettingPlace | undefined,
): ChangingSecrets | { readonly faults: readonly PlacedFault[] } {
  const paths = [...Object.values(target.tls), ...(target.headerFiles ?? [])].map(({ path }) => path);
  // Before they are read, so that no change is missed.
  const changed = fileWatch(() => paths);
  const found = secretsIn(target, place);
  if ('faults' in found) return found;
  let inUse = found.secrets;
  const read = () => {
    const again = secretsIn(target, place);
    if ('faults' in again) throw new UserError(faultLines(again.faults));
    const { keys, headers } = again.secrets;
    inUse = { keys: isDeepStrictEqual(keys, inUse.keys) ? inUse.keys : keys, headers };
    return inUse;
  };
  const now = () => inUse;
  return paths.length === 0 ? { now } : { now, files: { changed, first: inUse, read } };
}

function secretsIn(
  { tls, headers, headerFiles = [], protocol }: OtlpTarget,
  place: SettingPlace | undefined,
): { readonly secrets: OtlpSecrets } | { readonly faults: readonly PlacedFault[] } {
  const read = pem(tls);
  const faults =
    'faults' in read ? read.faults.map(({ file, what }) => settingFault(file.setting, what, place)) : [];
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  for (const file of headerFiles) {
    const value = valueIn(file, protocol);
    if ('why' in value) faults.push(settingFault(file.setting, `${file.path} ${value.why}`, place));
    else all.set(file.name.toLowerCase(), value.text);
  }
  return 'faults' in read || faults.length > 0 ? { faults } : { secrets: { keys: read.pem, headers: all } };
}

/** No fault shows what is in the file. */
function valueIn(
  { name, path, prefix }: HeaderFile,
  protocol: OtlpTarget['protocol'],
): { readonly text: string } | { readonly why: string } {
  const file = userFile(path);
  if ('why' in file) return file;
  const held = file.text.trim();
  if (held === '') return { why: 'is empty' };
  const text = prefix + held;
  const isCarried = protocol === 'grpc' ? grpcCarries(name.toLowerCase(), text) : isHeaderValue(text);
  return isCarried
    ? { text }
    : { why: 'holds a text that a header cannot carry (several lines, for example)' };
}
