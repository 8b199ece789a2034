import { readable } from './http-answer.ts';

const CA = 'tls.ca_file (OTEL_EXPORTER_OTLP_CERTIFICATE)';
const OWN_CERTIFICATE =
  'tls.cert_file and tls.key_file (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_KEY)';

/** Failures that a person has to correct: a sign of each in "CODE: message", what it means, and what to write instead. */
const FAULTS: readonly (readonly [sign: RegExp, what: string, fix: string])[] = [
  [
    /^DEPTH_ZERO_SELF_SIGNED_CERT:/,
    "the receiver's certificate is self-signed, so it is not trusted",
    `name a file with this certificate in ${CA}`,
  ],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED|INVALID_CA):/,
    "the receiver's certificate is signed by an authority that is not trusted",
    `name a file with the certificate of this authority in ${CA}`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID:/,
    "the receiver's certificate is for other host names",
    'write one of its names in endpoint',
  ],
  [/^CERT_HAS_EXPIRED:/, "the receiver's certificate has expired", 'the receiver needs a new one'],
  [
    /^CERT_NOT_YET_VALID:/,
    "the receiver's certificate is not valid yet",
    'check the clock of this machine and the certificate',
  ],
  [
    /wrong version number|packet length too long|\bhttp request\b/,
    'the receiver does not speak TLS at this port',
    'write http:// in endpoint, or the port at which it speaks TLS',
  ],
  [
    /alert (certificate required|handshake failure|bad certificate|unknown ca|certificate unknown)/,
    'the receiver refuses the TLS handshake, probably because it wants a client certificate that it trusts',
    `set ${OWN_CERTIFICATE}`,
  ],
  [
    /^HPE_\w+:/,
    'the receiver does not answer in HTTP/1',
    'write the port of OTLP/HTTP in endpoint (usually 4318; 4317 is for gRPC), or https:// if it speaks TLS there',
  ],
];

/** Why a request got no answer, and what to write instead where that is known. `protocol`: of the request, with its colon. */
export function connectionFault(error: NodeJS.ErrnoException, protocol: string | undefined): string {
  // A connection that was tried over several addresses fails with a code and an empty message.
  const text = [error.code, error.message].filter(Boolean).join(': ');
  const [, what, fix] = FAULTS.find(([sign]) => sign.test(`${text}:`)) ?? [];
  if (what !== undefined) return `${what} (${readable(shortened(text))}); ${fix}`;
  if (protocol === 'http:' && error.code === 'ECONNRESET')
    return `${readable(text)}; if the receiver speaks TLS at this port, write https:// in endpoint`;
  return readable(text);
}

/** Without what OpenSSL says for its own developers, and without Node's advice about its own options. */
function shortened(text: string): string {
  const openssl = /^([A-Z_0-9]+):.*?:SSL routines:\w*:([^:]+)/.exec(text);
  return openssl === null
    ? text.replace(/; if the root CA is installed locally.*$/, '')
    : `${openssl[1]}: ${openssl[2]}`;
}
