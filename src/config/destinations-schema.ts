import { ON_FULL } from '../model/state.ts';
import { HTTP_URL, headers, httpUrl } from '../schema/network-shapes.ts';
import { closedMap, namedSections, oneOf, section, wholeNumber, withInstead } from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import { DESTINATION, QUEUE_BATCH, RETRY_ON_FAILURE, SENDING_QUEUE } from './collector-keys.ts';
import { clientTls } from './tls-schema.ts';

const MISSING_ENDPOINT = `wants ${HTTP_URL}, or logs_endpoint in its place`;

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

const destinationKeys = closedMap({
  protocol: oneOf(['http/protobuf', 'http/json', 'console'], {
    grpc: 'grpc is not there yet: use http/protobuf or http/json',
  })
    .default('http/protobuf')
    .describe('How risk events travel. `console` prints them to stdout, one JSON object per line.'),
  endpoint: httpUrl()
    .optional()
    .describe('Base URL of an OTLP/HTTP receiver; `/v1/logs` is appended, as in the collector.'),
  logs_endpoint: httpUrl().optional().describe('URL that is used as it is, in place of `endpoint`.'),
  headers: headers().default({}).describe('Headers of every request. Never shown or logged.'),
  timeout: duration('1ms', '10m').prefault('10s').describe('How long one attempt may take.'),
  compression: oneOf(['gzip', 'none']).default('gzip').describe("How a request's body is compressed."),
  tls: clientTls('receiver'),
  sending_queue: sendingQueue,
  retry_on_failure: retryOnFailure,
})
  .refine((to) => to.protocol === 'console' || (to.endpoint ?? to.logs_endpoint) !== undefined, {
    path: ['endpoint'],
    error: MISSING_ENDPOINT,
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine((to) => to.protocol !== 'console' || (to.endpoint ?? to.logs_endpoint) === undefined, {
    error: 'prints to stdout (protocol: console), so it takes no endpoint',
  });

export const destinations = namedSections(
  section(withInstead(destinationKeys, DESTINATION)),
  'a map of names to destinations',
).describe('Where risk events go. Without one they go to OTEL_EXPORTER_OTLP_ENDPOINT, else to stdout.');
