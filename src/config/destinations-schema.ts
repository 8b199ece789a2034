import * as z from 'zod';
import { ON_FULL } from '../model/state.ts';
import { HTTP_URL, headers, headersFrom, httpUrl, otlpEndpoint } from '../schema/network-shapes.ts';
import {
  closedMap,
  flag,
  namedSections,
  oneOf,
  section,
  text,
  textOrEmpty,
  wholeNumber,
  withInstead,
} from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import {
  CLIENT_KEEPALIVE,
  DESTINATION,
  QUEUE_BATCH,
  RETRY_ON_FAILURE,
  SENDING_QUEUE,
} from './collector-keys.ts';
import { headerFaults, protocolFaults } from './destination-faults.ts';
import { recordKeys } from './record-schema.ts';
import { destinationTls } from './tls-schema.ts';

const MISSING_ENDPOINT = `wants ${HTTP_URL}, or logs_endpoint in its place`;
const MISSING_GRPC_ENDPOINT = `wants host:port or ${HTTP_URL}`;

export const sendingQueue = section(
  withInstead(
    closedMap({
      queue_size: wholeNumber(1, 1_000_000)
        .default(10_000)
        .describe(
          'Risk events that may wait for this destination. When they are that many, `on_full` decides.',
        ),
      on_full: oneOf(ON_FULL)
        .default('block')
        .describe(
          '`block`: requests that would add risk events are refused and may be retried, for all destinations. `drop_oldest` and `dead_letter`: requests are accepted, and the least severe risk events that wait for this destination, of these the oldest, are dropped or written to its dead letters (`delivery.directory`).',
        ),
      sizer: oneOf(['items'], {
        requests: 'requests is not there: queue_size counts risk events (items)',
        bytes: 'bytes is not there: queue_size counts risk events (items)',
      })
        .default('items')
        .describe('What `queue_size` and `batch.max_size` count: risk events.'),
      batch: section(
        withInstead(
          closedMap({
            max_size: wholeNumber(1, 10_000).default(512).describe('Risk events in one request at most.'),
          }),
          QUEUE_BATCH,
        ),
      ),
    }),
    SENDING_QUEUE,
  ),
);

export const retryOnFailure = section(
  withInstead(
    closedMap({
      initial_interval: duration('1ms', '1h')
        .prefault('1s')
        .describe(
          'The longest pause after the first failed attempt; it doubles with each further one. The pause itself is random, up to that length.',
        ),
      max_interval: duration('1ms', '1h').prefault('30s').describe('The longest pause between attempts.'),
    }).refine((value) => value.max_interval >= value.initial_interval, {
      path: ['max_interval'],
      error: 'is less than initial_interval (without a value it is 30s)',
    }),
    RETRY_ON_FAILURE,
  ),
);

const keepAlive = withInstead(
  closedMap({
    time: duration('10s', '24h').describe(
      'For gRPC: how long nothing may come from the receiver before it gets a ping. Many receivers end a connection with a ping more often than every 5m. Without `keepalive` there are no pings.',
    ),
    timeout: duration('1s', '10m')
      .prefault('20s')
      .describe('How long the answer to a ping may take before the connection is given up.'),
    permit_without_stream: flag().default(false).describe('Pings also while no request is under way.'),
  }),
  CLIENT_KEEPALIVE,
);

const destinationMap = closedMap({
  protocol: oneOf(['http/protobuf', 'http/json', 'grpc', 'console'])
    .default('http/protobuf')
    .describe(
      'How risk events travel. The port is usually 4318 for HTTP and 4317 for `grpc`. `console` prints them to stdout, one JSON object per line.',
    ),
  endpoint: otlpEndpoint()
    .optional()
    .describe(
      'Base URL of an OTLP/HTTP receiver; `/v1/logs` is appended, as in the collector. With `grpc`: `http://` is without TLS, `https://` with it, and so is `host:port` unless `tls.insecure` is set; or `unix:///PATH`.',
    ),
  logs_endpoint: httpUrl().optional().describe('URL that is used as it is, in place of `endpoint`.'),
  headers: headers().default({}).describe('Headers of every request. Never shown or logged.'),
  headers_from_files: headersFrom(
    closedMap({
      file: text('a path').describe(
        'A file with the value of this header, such as a token that is rotated. It is checked every minute. If it cannot be used then, the old value stays in use.',
      ),
      prefix: textOrEmpty()
        .default('')
        .describe('Text before what the file holds, such as `Bearer ` with the space at its end.'),
    }),
    'a map of header names to {file, prefix}',
  )
    .default({})
    .describe('Headers of every request, from files that may change. Never shown or logged.'),
  headers_from_event: headersFrom(
    closedMap({
      attribute: text('the name of an attribute').describe(
        'An attribute of the risk event or of its resource, such as `k8s.cluster.name`. Its value is the value of this header.',
      ),
      default: text('a value').describe(
        'The value where an event has none, or one that a header cannot carry (more than 256 characters, or others than printable ASCII).',
      ),
    }),
    'a map of header names to {attribute, default}',
  )
    .default({})
    .describe(
      'Headers with a value of the risk event, such as the tenant in `X-Scope-OrgID`. Risk events with different values are sent in different requests.',
    ),
  timeout: duration('1ms', '10m').prefault('10s').describe('How long one attempt may take.'),
  compression: oneOf(['gzip', 'none']).default('gzip').describe("How a request's body is compressed."),
  keepalive: z.preprocess((value) => value ?? {}, keepAlive).optional(),
  ...recordKeys,
  tls: destinationTls(),
  sending_queue: sendingQueue,
  retry_on_failure: retryOnFailure,
});

type Keys = z.output<typeof destinationMap>;

const destinationKeys = destinationMap
  .refine((to) => to.protocol === 'console' || (to.endpoint ?? to.logs_endpoint) !== undefined, {
    path: ['endpoint'],
    error: ({ input }) => ((input as Keys).protocol === 'grpc' ? MISSING_GRPC_ENDPOINT : MISSING_ENDPOINT),
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine((to) => to.protocol !== 'console' || (to.endpoint ?? to.logs_endpoint) === undefined, {
    error: 'prints to stdout (protocol: console), so it takes no endpoint',
  })
  .refine((to) => to.splunk === undefined || to.format === 'splunk', {
    path: ['splunk'],
    error: 'is for format: splunk',
  })
  .refine((to) => !to.tls.insecure || !/^https:/i.test(to.endpoint ?? to.logs_endpoint ?? ''), {
    path: ['tls', 'insecure'],
    error: 'contradicts https:// in endpoint',
  })
  .superRefine((to, context) => {
    for (const { path, message } of [...protocolFaults(to), ...headerFaults(to)])
      context.addIssue({ code: 'custom', path: [...path], message });
  });

export const destinations = namedSections(
  section(withInstead(destinationKeys, DESTINATION)),
  'a map of names to destinations',
).describe('Where risk events go. Without one they go to OTEL_EXPORTER_OTLP_ENDPOINT, else to stdout.');
