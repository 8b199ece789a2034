import { readable } from './http-answer.ts';

const CA = 'tls.ca_file (OTEL_EXPORTER_OTLP_CERTIFICATE)';
const OWN_CERTIFICATE =
  'tls.cert_file and tls.key_file (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_KEY)';

type Fault = readonly [sign: RegExp, what: string, fix: string];

/** Failures that a person has to correct: a sign of each in "CODE: message" (grpc-js often has no code), what it means, and what to write instead. */
const FAULTS: readonly Fault[] = [
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT:|self-signed certificate(?! in))/,
    "the receiver's certificate is self-signed, so it is not trusted",
    `name a file with this certificate in ${CA}`,
  ],
  [
    /^((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED|INVALID_CA):|self-signed certificate in|unable to (verify the first|get (local )?issuer) certificate)/,
    "the receiver's certificate is signed by an authority that is not trusted",
    `name a file with the certificate of this authority in ${CA}`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID:/,
    "the receiver's certificate is for other host names",
    'write one of its names in endpoint',
  ],
  [
    /^(CERT_HAS_EXPIRED:|certificate has expired)/,
    "the receiver's certificate has expired",
    'the receiver needs a new one',
  ],
  [
    /^(CERT_NOT_YET_VALID:|certificate is not yet valid)/,
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
];

const HTTP_FAULTS: readonly Fault[] = [
  ...FAULTS,
  [
    /^HPE_\w+:/,
    'the receiver does not answer in HTTP/1',
    'write the port of OTLP/HTTP in endpoint (usually 4318; 4317 is for gRPC), or https:// if it speaks TLS there',
  ],
];

const GRPC_FAULTS: readonly Fault[] = [
  ...FAULTS,
  [
    /^Protocol error|no application protocol|Call ended without gRPC status/,
    'the receiver does not answer in gRPC',
    'write the port of OTLP/gRPC in endpoint (usually 4317; 4318 is for HTTP), or protocol: http/protobuf',
  ],
];

/** Why a request got no answer, and what to write instead where that is known. `protocol`: of the request, with its colon. */
export function connectionFault(error: NodeJS.ErrnoException, protocol: string | undefined): string {
  // A connection that was tried over several addresses fails with a code and an empty message.
  const text = [error.code, error.message].filter(Boolean).join(': ');
  const known = explained(HTTP_FAULTS, text);
  if (known !== undefined) return known;
  return protocol === 'http:' && error.code === 'ECONNRESET'
    ? `${readable(text)}; ${WANTS_TLS}`
    : readable(text);
}

const WANTS_TLS = 'if the receiver speaks TLS at this port, write https:// in endpoint';

/** The same for gRPC; `details`: as grpc-js gives them. The same cause always has the same text. */
export function grpcConnectionFault(details: string, protocol: string | undefined): string {
  const [, last = details] =
    /^No connection established\. Last error: (.*)\. Resolution note: /s.exec(details) ?? [];
  const text = last
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '')
    .replace(/^Error(?: \[(\w+)\])?: /, (_, code?: string) => (code === undefined ? '' : `${code}: `))
    .replace(/^[\dA-F]+:error:.*?:SSL routines:\w*:([^:]+):.*$/s, '$1');
  const known = explained(GRPC_FAULTS, text);
  if (known !== undefined) return known;
  if (text !== 'Failed to connect') return readable(text);
  return `the receiver closed the connection at once; ${protocol === 'http:' ? WANTS_TLS : WANTS_CERTIFICATE}`;
}

const WANTS_CERTIFICATE = `if it wants a client certificate that it trusts, set ${OWN_CERTIFICATE}`;

function explained(faults: readonly Fault[], text: string): string | undefined {
  const [, what, fix] = faults.find(([sign]) => sign.test(`${text}:`)) ?? [];
  return what === undefined ? undefined : `${what} (${readable(shortened(text))}); ${fix}`;
}

/** Without what OpenSSL says for its own developers, and without Node's advice about its own options. */
function shortened(text: string): string {
  const openssl = /^([A-Z_0-9]+):.*?:SSL routines:\w*:([^:]+)/.exec(text);
  return openssl === null
    ? text.replace(/; if the root CA is installed locally.*$/, '')
    : `${openssl[1]}: ${openssl[2]}`;
}
