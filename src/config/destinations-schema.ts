import * as z from 'zod';
import { grpcCarries, isPlainHeaderValue } from '../lib/header-values.ts';
import type { YamlPath } from '../lib/yaml-source.ts';
import { ON_FULL } from '../model/state.ts';
import {
  HTTP_URL,
  headers,
  headersFrom,
  httpUrl,
  isOtlpEndpoint,
  otlpEndpoint,
} from '../schema/network-shapes.ts';
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
import { hasPath, hasScheme } from './grpc-url.ts';
import { RECORD_FORMATS } from './target.ts';
import { destinationTls } from './tls-schema.ts';

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

const splunkKeys = closedMap({
  index: text('the name of an index')
    .default('risk')
    .describe('For the format splunk: the index of risk events (`com.splunk.index`).'),
  source: text('a source')
    .optional()
    .describe(
      'The source of all records (`com.splunk.source`). Unless it is set, the search name of the rule: risk rules of Enterprise Security count distinct sources.',
    ),
  sourcetype: text('a sourcetype')
    .default('sidewatch:risk')
    .describe(
      'The sourcetype of risk events (`com.splunk.sourcetype`). Summaries have it with `:summary` behind it.',
    ),
  summary_index: text('the name of an index')
    .optional()
    .describe(
      'The index of summaries. Unless it is set, the default index of the HEC token: in the index of risk events a summary would be one more event of the Risk data model.',
    ),
  audit_search: text('a search')
    .default('index=* sourcetype="kube:apiserver-audit"')
    .describe('The search that finds your audit log, for `contributing_events_search`.'),
});

const recordKeys = {
  format: oneOf(RECORD_FORMATS)
    .default('otel')
    .describe(
      '`otel`: the attributes of risk-event.md. `splunk`: the fields of the Risk data model. `ocsf`: a Detection Finding of OCSF as the body.',
    ),
  splunk: z.preprocess((value) => value ?? {}, splunkKeys).optional(),
  timestamp: oneOf(['event', 'observed'])
    .default('event')
    .describe(
      "The Timestamp of a record. `event`: the detection's. `observed`: the time at which it is sent, for a backend that refuses records older than those that it has, such as Loki.",
    ),
  max_event_kib: wholeNumber(8, 65_536)
    .default(48)
    .describe(
      'The largest risk event, in KiB, as it is sent and before compression. Of a larger one, and of one with more than 120 attributes, the longest values are cut first and named in `sidewatch.values.truncated`.',
    ),
};

/** The records of a destination which the file does not describe. */
export const recordDefaults = closedMap(recordKeys);
export const splunkDefaults = splunkKeys;

const destinationKeys = closedMap({
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
})
  .refine((to) => to.protocol === 'console' || (to.endpoint ?? to.logs_endpoint) !== undefined, {
    path: ['endpoint'],
    error: MISSING_ENDPOINT,
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine((to) => to.protocol !== 'console' || (to.endpoint ?? to.logs_endpoint) === undefined, {
    error: 'prints to stdout (protocol: console), so it takes no endpoint',
  })
  .refine((to) => to.splunk === undefined || to.format === 'splunk', {
    path: ['splunk'],
    error: 'is for format: splunk',
  })
  .superRefine((to, context) => {
    for (const { path, message } of to.protocol === 'grpc' ? grpcFaults(to) : httpFaults(to))
      context.addIssue({ code: 'custom', path: [...path], message });
    for (const { path, message } of headerFaults(to))
      context.addIssue({ code: 'custom', path: [...path], message });
  });

interface Fault {
  readonly path: YamlPath;
  readonly message: string;
}

type Keys = z.output<typeof destinationKeys>;

function httpFaults({ endpoint, tls, keepalive }: Keys): readonly Fault[] {
  const faults: Fault[] = [];
  if (endpoint !== undefined && isOtlpEndpoint(endpoint) && !hasScheme(endpoint))
    faults.push({ path: ['endpoint'], message: `wants ${HTTP_URL}, unless protocol is grpc` });
  if (tls.insecure) faults.push({ path: ['tls', 'insecure'], message: SAID_BY_SCHEME });
  if (keepalive) faults.push({ path: ['keepalive'], message: 'needs protocol: grpc' });
  return faults;
}

const SAID_BY_SCHEME = 'is only for host:port with protocol: grpc: http:// or https:// in endpoint says it';

function grpcFaults({ endpoint = '', logs_endpoint, tls, headers }: Keys): readonly Fault[] {
  const faults: Fault[] = [];
  if (logs_endpoint !== undefined)
    faults.push({ path: ['logs_endpoint'], message: 'is for HTTP: with protocol: grpc write endpoint' });
  if (hasPath(endpoint))
    faults.push({ path: ['endpoint'], message: 'has a path, which needs protocol: http/protobuf' });
  if (tls.insecure && /^https:/i.test(endpoint))
    faults.push({ path: ['tls', 'insecure'], message: SAID_BY_SCHEME });
  for (const [name, value] of Object.entries(headers))
    if (!grpcCarries(name.toLowerCase(), value))
      faults.push({
        path: ['headers', name],
        message:
          'cannot be sent over gRPC: its name may have letters, digits and - _ . and its value printable ASCII',
      });
  return faults;
}

/** Headers that belong to one connection, or that say what the request itself is. */
const NOT_YOURS =
  /^(?:connection|content-(?:encoding|length|type)|expect|grpc-.*|http2-settings|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;

const HEADER_SECTIONS = ['headers', 'headers_from_files', 'headers_from_event'] as const;

function headerFaults(to: Keys): readonly Fault[] {
  const faults: Fault[] = [];
  const before = new Map<string, string>();
  for (const section of HEADER_SECTIONS)
    for (const name of Object.keys(to[section])) {
      const key = name.toLowerCase();
      const other = before.get(key);
      before.set(key, `${section}.${name}`);
      if (NOT_YOURS.test(key))
        faults.push({
          path: [section, name],
          message: 'is a header that Sidewatch sets itself: leave it out',
        });
      else if (other !== undefined)
        faults.push({ path: [section, name], message: `is the same header as ${other}` });
      else if (section === 'headers_from_event' && key.endsWith('-bin') && to.protocol === 'grpc')
        faults.push({
          path: [section, name],
          message: 'would have to hold bytes: over gRPC its name says so',
        });
    }
  for (const [name, { default: value }] of Object.entries(to.headers_from_event))
    if (!isPlainHeaderValue(value))
      faults.push({
        path: ['headers_from_event', name, 'default'],
        message: 'wants printable ASCII without spaces around it',
      });
  return faults;
}

export const destinations = namedSections(
  section(withInstead(destinationKeys, DESTINATION)),
  'a map of names to destinations',
).describe('Where risk events go. Without one they go to OTEL_EXPORTER_OTLP_ENDPOINT, else to stdout.');
