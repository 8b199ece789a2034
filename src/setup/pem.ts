import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { PemFile, TlsFiles } from '../config/target.ts';
import { userFile } from './user-file.ts';

const CERTIFICATE = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[\s\S]*?-----END \1-----/g;

/** What the TLS files of a destination hold. */
export interface Pem {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What is wrong with one of them, as a line for people. */
export interface PemFault {
  readonly file: PemFile;
  readonly what: string;
}

/**
 * Reads the files, and looks whether each is what it is meant for: Node takes any text for certificates, and every connection
 * fails.
 */
export function pem({
  ca,
  cert,
  key,
}: TlsFiles): { readonly pem: Pem } | { readonly faults: readonly PemFault[] } {
  const faults: PemFault[] = [];
  const read = (file: PemFile | undefined, faultIn: (text: string) => string | undefined) => {
    if (file === undefined) return undefined;
    // Somebody referred to the file's text where its path is wanted. It may be a key: it is not shown.
    if (file.path.includes('-----BEGIN')) {
      faults.push({ file, what: 'wants the path of a file, has the text of one' });
      return undefined;
    }
    const found = userFile(file.path);
    const why = 'why' in found ? found.why : faultIn(found.text);
    if (why !== undefined) faults.push({ file, what: `${file.path} ${why}` });
    return 'text' in found ? found.text : undefined;
  };
  const held = {
    ca: read(ca, certificatesFault),
    cert: read(cert, certificatesFault),
    key: read(key, keyFault),
  };
  if (faults.length === 0 && cert !== undefined && held.key !== undefined && held.cert !== undefined) {
    const why = pairFault(held.cert, held.key);
    if (why !== undefined) faults.push({ file: cert, what: `${cert.path} ${why}` });
  }
  if (faults.length > 0) return { faults };
  return { pem: Object.fromEntries(Object.entries(held).filter(([, text]) => text !== undefined)) };
}

function certificatesFault(text: string): string | undefined {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) return 'holds no certificate (PEM)';
  const broken = found.findIndex((one) => !passes(() => new X509Certificate(one)));
  if (broken < 0) return undefined;
  return found.length === 1
    ? 'holds a certificate that is broken'
    : `holds a certificate that is broken, number ${broken + 1} of ${found.length}`;
}

function keyFault(text: string): string | undefined {
  if (passes(() => createPrivateKey(text))) return undefined;
  return /^(-----BEGIN ENCRYPTED |Proc-Type: .*ENCRYPTED)/m.test(text)
    ? 'holds a key with a passphrase; wants one without'
    : 'holds no private key (PEM)';
}

function pairFault(cert: string, key: string): string | undefined {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return 'does not belong to the key';
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
