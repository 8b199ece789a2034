import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { faultLines } from '../config/fault-lines.ts';
import type { SettingPlace } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import type { PemFile, TlsFiles } from '../config/target.ts';
import { UserError } from './user-error.ts';
import { userFile } from './user-file.ts';

const CERTIFICATE = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[\s\S]*?-----END \1-----/g;

/** What some TLS files hold. */
export interface Pem {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A problem of one TLS file, as a line for people. */
export interface PemFault {
  readonly file: PemFile;
  readonly what: string;
}

/** `pem`, which throws UserError with everything that is wrong. */
export function pemOrRefuse(files: TlsFiles, place: SettingPlace | undefined): Pem {
  const read = pem(files);
  if ('pem' in read) return read.pem;
  throw new UserError(
    faultLines(read.faults.map(({ file, what }) => settingFault(file.setting, what, place))),
  );
}

/** Reads the files and checks their contents. Without this check Node accepts any text, and then every connection fails. */
export function pem({
  ca,
  cert,
  key,
}: TlsFiles): { readonly pem: Pem } | { readonly faults: readonly PemFault[] } {
  const faults: PemFault[] = [];
  const read = (file: PemFile | undefined, faultIn: (text: string) => string | undefined) => {
    if (file === undefined) return undefined;
    // The setting has the text of a file instead of its path. The text may be a key, so it is not shown.
    if (file.path.includes('-----BEGIN')) {
      faults.push({ file, what: 'wants the path of a file, has the text of a file' });
      return undefined;
    }
    const found = userFile(file.path);
    const why = 'why' in found ? found.why : faultIn(found.text);
    if (why !== undefined) faults.push({ file, what: `${file.path} ${why}` });
    return 'text' in found ? found.text : undefined;
  };
  const texts = {
    ca: read(ca, certificatesFault),
    cert: read(cert, certificatesFault),
    key: read(key, keyFault),
  };
  if (faults.length === 0 && cert !== undefined && texts.key !== undefined && texts.cert !== undefined) {
    const why = pairFault(texts.cert, texts.key);
    if (why !== undefined) faults.push({ file: cert, what: `${cert.path} ${why}` });
  }
  if (faults.length > 0) return { faults };
  return { pem: Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) };
}

function certificatesFault(text: string): string | undefined {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) return 'holds no certificate (PEM)';
  const broken = found.findIndex((one) => !passes(() => new X509Certificate(one)));
  if (broken < 0) return undefined;
  return found.length === 1
    ? 'holds a broken certificate'
    : `holds a broken certificate, number ${broken + 1} of ${found.length}`;
}

function keyFault(text: string): string | undefined {
  if (passes(() => createPrivateKey(text))) return undefined;
  return /^(-----BEGIN ENCRYPTED |Proc-Type: .*ENCRYPTED)/m.test(text)
    ? 'holds a key with a passphrase; use a key without a passphrase'
    : 'holds no private key (PEM)';
}

function pairFault(cert: string, key: string): string | undefined {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return 'does not match the key';
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    return `cannot be used: ${(error as Error).message}`;
  }
}

function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
