import * as z from 'zod';
import { isReachable } from '../lib/reachable.ts';
import { kind } from '../schema/kinds.ts';
import { hostPortOrSocket } from '../schema/network-shapes.ts';
import {
  closedMap,
  flag,
  list,
  section,
  text,
  unshownList,
  wholeNumber,
  withInstead,
} from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import {
  CORS,
  GRPC_RECEIVER,
  HTTP_RECEIVER,
  KEEPALIVE,
  OTLP_RECEIVER,
  PROTOCOLS,
  RECEIVER_AUTH,
  RECEIVERS,
  WEBHOOK_RECEIVER,
} from './collector-keys.ts';
import { serverTls } from './tls-schema.ts';

const socketMode = kind(z.string().regex(/^0?[0-7]{3}$/), 'an octal mode in quotes, such as "0660"');

const keepalive = section(
  withInstead(
    closedMap({
      server_parameters: section(
        closedMap({
          max_connection_age: duration('0s', '24h')
            .prefault('5m')
            .describe(
              'At this age a client is asked to connect again, so that replicas that start later get connections too. 0s: never.',
            ),
          max_connection_age_grace: duration('1s', '24h')
            .prefault('1m')
            .describe(
              'How long requests on such a connection may still take. Then they are cut off, and the sender retries.',
            ),
          max_connection_idle: duration('0s', '24h')
            .prefault('0s')
            .describe('A connection without a request for this long is closed. 0s: never.'),
          time: duration('1s', '24h')
            .prefault('1m')
            .describe('A connection that is silent for this long is tested with a ping.'),
          timeout: duration('1s', '1h')
            .prefault('20s')
            .describe('A connection whose ping is not answered within this time is closed.'),
        }),
      ),
    }),
    KEEPALIVE,
  ),
);

const auth = section(
  withInstead(
    closedMap({
      tokens: unshownList(
        closedMap({
          file: text('a path').describe(
            'A file with one bearer token per line; several lines allow rotation. Empty lines and lines that begin with # are ignored. The file is read again when it changes.',
          ),
          cluster: text('the name of a cluster')
            .optional()
            .describe(
              'The cluster of all records that come with a token of this file. It takes precedence over any k8s.cluster.name in the records.',
            ),
        }),
        'a list of maps with file and cluster',
      )
        .default([])
        .describe('Files of bearer tokens. If there is one, a client must send a token from one of them.'),
    }),
    RECEIVER_AUTH,
  ),
);

/** Where a receiver listens, and who may connect. */
const door = (endpoint: string, what: string) => ({
  endpoint: hostPortOrSocket()
    .default(endpoint)
    .describe(
      `Address that receives ${what}; port 0 takes a free port. \`unix:///run/sidewatch/${SOCKETS[endpoint]}.sock\` is a unix socket, for containers of one pod.`,
    ),
  socket_mode: socketMode.default('0660').describe('The file mode of a unix socket.'),
});

const SOCKETS: Readonly<Record<string, string>> = {
  'localhost:4317': 'otlp',
  'localhost:4318': 'otlp-http',
  'localhost:9765': 'audit',
};

const connections = {
  max_connections: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Connections at once; a further one is closed.'),
  max_connections_per_sender: wholeNumber(1, 100_000)
    .default(200)
    .describe(
      'Connections at once from one address. The clients of a unix socket, and those on the same host or in the same pod (loopback), do not have this limit.',
    ),
};

const trust = {
  tls: serverTls,
  auth,
  allow_plaintext: flag()
    .default(false)
    .describe('Allows an address that other machines can reach without `tls`.'),
  allow_unauthenticated: flag()
    .default(false)
    .describe(
      'Allows an address that other machines can reach without authentication (`auth.tokens` or `tls.client_ca_file`).',
    ),
};

interface Reachable {
  readonly endpoint: string;
  readonly tls?: { readonly client_ca_file?: string | undefined } | undefined;
  readonly auth: { readonly tokens: readonly unknown[] };
  readonly allow_plaintext: boolean;
  readonly allow_unauthenticated: boolean;
}

/** On an address that other machines can reach, both TLS and authentication, or the words that allow it without. */
const safe = <T extends z.ZodType<Reachable>>(keys: T) =>
  keys
    .refine((at) => at.tls !== undefined || at.allow_plaintext || !isReachable(at.endpoint), {
      path: ['tls'],
      error:
        'is missing, and other machines can reach this endpoint: write cert_file and key_file here, or allow_plaintext: true beside endpoint',
    })
    .refine(
      (at) =>
        at.auth.tokens.length > 0 ||
        at.tls?.client_ca_file !== undefined ||
        at.allow_unauthenticated ||
        !isReachable(at.endpoint),
      {
        path: ['auth', 'tokens'],
        error:
          'is missing, and other machines can reach this endpoint: write - file: PATH here, or client_ca_file under tls, or allow_unauthenticated: true beside endpoint',
      },
    );

const grpcKeys = safe(
  closedMap({
    ...door('localhost:4317', 'OTLP/gRPC'),
    max_recv_msg_size_mib: wholeNumber(1, 1024)
      .default(64)
      .describe('The largest request, in MiB after decompression; a larger one is refused.'),
    max_concurrent_streams: wholeNumber(1, 10_000)
      .default(100)
      .describe('Requests in progress on one connection; the client waits with more.'),
    ...connections,
    keepalive,
    ...trust,
  }),
);

const maxBody = wholeNumber(1024, 1_073_741_824)
  .default(67_108_864)
  .describe(
    'The largest request, in bytes, as sent and after decompression; a larger one is refused (413). 64 MiB unless it is set.',
  );

const cors = section(
  withInstead(
    closedMap({
      allowed_origins: list(text('an origin'), 'a list of origins such as https://app.example.com')
        .default([])
        .describe(
          'Sites whose pages may send from a browser; `*` stands for any text, once in each. Without one there is no CORS.',
        ),
      allowed_headers: list(text('the name of a header'), 'a list of names of headers')
        .default([])
        .describe('Headers beside Content-Type that these pages may send; `*` allows all.'),
      max_age: wholeNumber(0, 86_400)
        .default(0)
        .describe('For how many seconds a browser may remember that it is allowed. 0: the browser decides.'),
    }),
    CORS,
  ),
);

const httpKeys = safe(
  closedMap({
    ...door('localhost:4318', 'OTLP/HTTP (POST /v1/logs)'),
    max_request_body_size: maxBody,
    ...connections,
    cors,
    ...trust,
  }),
);

const webhookPath = kind(
  z.string().regex(/^\/[\w./~-]*$/),
  'a path such as /audit, of letters, digits and . _ ~ / -',
);

const webhookKeys = safe(
  closedMap({
    ...door('localhost:9765', 'what an API server sends (`--audit-webhook-config-file`)'),
    path: webhookPath
      .default('/audit')
      .describe(
        'The path of API servers whose cluster has no name. `/clusters/NAME` is always there too: NAME is the cluster of all events of such a request.',
      ),
    max_request_body_size: maxBody,
    max_requests_in_flight: wholeNumber(1, 10_000)
      .default(64)
      .describe(
        'Requests that are handled at once. Further ones are refused (429), and the API server retries.',
      ),
    ...connections,
    ...trust,
  }),
);

/** On when it is named, also with nothing below it. */
function namedSection<T extends z.ZodType>(map: T) {
  return z.preprocess((value) => value ?? {}, map).optional();
}

/** The same map, where one that names none of its keys has this one. */
function orElse<T extends z.ZodType>(key: string, map: T) {
  return section(z.preprocess((value) => (isEmptyMap(value) ? { [key]: {} } : value), map));
}

const isEmptyMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

export const receivers = orElse(
  'otlp',
  withInstead(
    closedMap({
      otlp: namedSection(
        withInstead(
          closedMap({
            protocols: orElse(
              'grpc',
              withInstead(
                closedMap({
                  grpc: namedSection(withInstead(grpcKeys, GRPC_RECEIVER)),
                  http: namedSection(withInstead(httpKeys, HTTP_RECEIVER)),
                }),
                PROTOCOLS,
              ),
            ),
          }),
          OTLP_RECEIVER,
        ),
      ),
      kubernetes_audit_webhook: namedSection(withInstead(webhookKeys, WEBHOOK_RECEIVER)),
    }),
    RECEIVERS,
  ),
);
