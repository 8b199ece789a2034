import { isUnix } from '../lib/unix-endpoint.ts';
import { headers, httpUrlOrSocket } from '../schema/network-shapes.ts';
import { closedMap, flag, oneOf, section, withInstead } from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import { FORWARD } from './collector-keys.ts';
import { clientTls } from './tls-schema.ts';

const keys = closedMap({
  endpoint: httpUrlOrSocket()
    .optional()
    .describe(
      'The next OTLP receiver of a chain: each request goes on to it, and its answer is the answer to the sender. See chaining.md. With `http/protobuf`, `/v1/logs` is appended. Off unless it is set.',
    ),
  protocol: oneOf(['grpc', 'http/protobuf'], {
    'http/json': 'http/json is not there: a request in JSON goes on in JSON with http/protobuf, too',
  })
    .default('grpc')
    .describe('How requests go on.'),
  headers: headers()
    .default({})
    .describe(
      "Headers of every request, beside those of its sender. Never shown or logged. The sender's own `authorization` does not go on.",
    ),
  timeout: duration('1ms', '10m')
    .prefault('5s')
    .describe('How long the next hop may take. An earlier deadline of the sender takes precedence.'),
  compression: oneOf(['gzip', 'none'])
    .default('gzip')
    .describe('How requests are compressed on their way on. `none` costs least in one pod.'),
  tls: clientTls('next hop'),
  keep: oneOf(['all', 'matched', 'unmatched'])
    .default('all')
    .describe(
      'Which records go on: all, those that a rule matched, or the others. What does not go on is acknowledged and counted.',
    ),
  annotate: flag()
    .default(false)
    .describe(
      'Adds `sidewatch.rule.ids` and `sidewatch.detection.ids` to records that a rule matched. The bytes of other records do not change.',
    ),
})
  .refine((to) => to.protocol === 'grpc' || to.endpoint === undefined || !isUnix(to.endpoint), {
    path: ['endpoint'],
    error: 'names a unix socket, which needs protocol: grpc',
  })
  .refine(
    (to) =>
      to.protocol !== 'grpc' ||
      to.endpoint === undefined ||
      isUnix(to.endpoint) ||
      URL.parse(to.endpoint)?.pathname === '/',
    { path: ['endpoint'], error: 'has a path, which needs protocol: http/protobuf' },
  )
  .refine((to) => to.endpoint !== undefined || (!to.annotate && to.keep === 'all'), {
    path: ['endpoint'],
    error: 'is missing; without it keep and annotate have no effect',
  });

export const forward = section(withInstead(keys, FORWARD));
