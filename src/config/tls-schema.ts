import * as z from 'zod';
import { kind } from '../schema/kinds.ts';
import { closedMap, flag, section, text, withInstead } from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import { CLIENT_TLS, SERVER_TLS } from './collector-keys.ts';

const certificateKeys = (receiver: string) => ({
  ca_file: text('a path')
    .optional()
    .describe(`CA certificates (PEM). One of them must have signed the certificate of the ${receiver}.`),
  cert_file: text('a path')
    .optional()
    .describe(`Client certificate (PEM), for a ${receiver} that asks for one.`),
  key_file: text('a path').optional().describe('The key (PEM) of `cert_file`.'),
});

type Pair = { readonly cert_file?: string | undefined; readonly key_file?: string | undefined };
const isPair = (tls: Pair): boolean => (tls.cert_file === undefined) === (tls.key_file === undefined);
const NO_PAIR = {
  error: ({ input }: { readonly input?: unknown }) =>
    (input as Pair).key_file === undefined
      ? 'has cert_file without key_file'
      : 'has key_file without cert_file',
};

/** TLS of a connection that Sidewatch opens. `receiver`: the other end, in words. */
export function clientTls(receiver: string) {
  return section(withInstead(closedMap(certificateKeys(receiver)).refine(isPair, NO_PAIR), CLIENT_TLS));
}

export function destinationTls() {
  const keys = closedMap({
    insecure: flag().default(false).describe('With `grpc`: `host:port` in `endpoint` is without TLS.'),
    ...certificateKeys('receiver'),
  });
  return section(withInstead(keys.refine(isPair, NO_PAIR), CLIENT_TLS));
}

/** YAML reads 1.3 as a number. */
const tlsVersion = kind(
  z.preprocess((value) => (typeof value === 'number' ? String(value) : value), z.enum(['1.2', '1.3'])),
  '1.2 or 1.3',
);

const serverTlsKeys = withInstead(
  closedMap({
    cert_file: text('a path').describe(
      'The certificate (PEM) of Sidewatch, with those between it and its authority. Without `tls` connections are plaintext.',
    ),
    key_file: text('a path').describe('The key (PEM) of `cert_file`.'),
    client_ca_file: text('a path')
      .optional()
      .describe(
        'CA certificates (PEM). A client must show a certificate that one of them has signed (mTLS). That is authentication.',
      ),
    min_version: tlsVersion.default('1.2').describe('The lowest version of TLS that is accepted.'),
    reload_interval: duration('1s', '24h')
      .prefault('1m')
      .describe(
        'How often these files are checked for changes. A changed certificate is used for new connections. If a new file is broken, the old one stays in use.',
      ),
  }),
  SERVER_TLS,
);

/** TLS of a receiver. Without the section there is none; an empty section lacks its certificate. */
export const serverTls = z.preprocess((value) => value ?? {}, serverTlsKeys).optional();
