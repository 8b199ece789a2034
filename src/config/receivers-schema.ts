import * as z from 'zod';
import { isReachable } from '../lib/reachable.ts';
import { kind } from '../schema/kinds.ts';
import { hostPortOrSocket } from '../schema/network-shapes.ts';
import { closedMap, flag, section, text, unshownList, wholeNumber, withInstead } from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import {
  GRPC_RECEIVER,
  KEEPALIVE,
  OTLP_RECEIVER,
  PROTOCOLS,
  RECEIVER_AUTH,
  RECEIVERS,
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

const grpcKeys = closedMap({
  endpoint: hostPortOrSocket()
    .default('localhost:4317')
    .describe(
      'Address that receives OTLP/gRPC; port 0 takes a free port. `unix:///run/sidewatch/otlp.sock` is a unix socket, for containers of one pod.',
    ),
  socket_mode: socketMode.default('0660').describe('The file mode of a unix socket.'),
  max_recv_msg_size_mib: wholeNumber(1, 1024)
    .default(64)
    .describe('The largest request, in MiB after decompression; a larger one is refused.'),
  max_concurrent_streams: wholeNumber(1, 10_000)
    .default(100)
    .describe('Requests in progress on one connection; the client waits with more.'),
  max_connections: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Connections at once; a further one is closed.'),
  max_connections_per_sender: wholeNumber(1, 100_000)
    .default(200)
    .describe(
      'Connections at once from one address. The clients of a unix socket, and those on the same host or in the same pod (loopback), do not have this limit.',
    ),
  keepalive,
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
})
  .refine((grpc) => grpc.tls !== undefined || grpc.allow_plaintext || !isReachable(grpc.endpoint), {
    path: ['tls'],
    error:
      'is missing, and other machines can reach this endpoint: write cert_file and key_file here, or allow_plaintext: true beside endpoint',
  })
  .refine(
    (grpc) =>
      grpc.auth.tokens.length > 0 ||
      grpc.tls?.client_ca_file !== undefined ||
      grpc.allow_unauthenticated ||
      !isReachable(grpc.endpoint),
    {
      path: ['auth', 'tokens'],
      error:
        'is missing, and other machines can reach this endpoint: write - file: PATH here, or client_ca_file under tls, or allow_unauthenticated: true beside endpoint',
    },
  );

export const receivers = section(
  withInstead(
    closedMap({
      otlp: section(
        withInstead(
          closedMap({
            protocols: section(
              withInstead(closedMap({ grpc: section(withInstead(grpcKeys, GRPC_RECEIVER)) }), PROTOCOLS),
            ),
          }),
          OTLP_RECEIVER,
        ),
      ),
    }),
    RECEIVERS,
  ),
);
