import * as z from 'zod';
import type { YamlPath } from '../lib/yaml-source.ts';
import { PACKS } from '../model/packs.ts';
import { addressOrNetwork, HTTP_URL, headers, hostPort, httpUrl } from '../schema/network-shapes.ts';
import {
  closedMap,
  list,
  mapOf,
  namedSections,
  oneOf,
  section,
  text,
  wholeNumber,
  withInstead,
} from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import {
  DESTINATION,
  DESTINATION_TLS,
  GRPC_RECEIVER,
  OTLP_RECEIVER,
  RECEIVERS,
  TOP_LEVEL,
} from './collector-keys.ts';

const MISSING_ENDPOINT = `wants ${HTTP_URL}, or logs_endpoint in its place`;

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
  tls: section(
    withInstead(
      closedMap({
        ca_file: text('a path')
          .optional()
          .describe('CA certificates (PEM). One of them must have signed the certificate of the receiver.'),
        cert_file: text('a path')
          .optional()
          .describe('Client certificate (PEM), for receivers that ask for one.'),
        key_file: text('a path').optional().describe('The key (PEM) of `cert_file`.'),
      }).refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), {
        error: ({ input }) =>
          (input as { key_file?: unknown }).key_file === undefined
            ? 'has cert_file without key_file'
            : 'has key_file without cert_file',
      }),
      DESTINATION_TLS,
    ),
  ),
})
  .refine((to) => to.protocol === 'console' || (to.endpoint ?? to.logs_endpoint) !== undefined, {
    path: ['endpoint'],
    error: MISSING_ENDPOINT,
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine((to) => to.protocol !== 'console' || (to.endpoint ?? to.logs_endpoint) === undefined, {
    error: 'prints to stdout (protocol: console), so it takes no endpoint',
  });

const destination = withInstead(destinationKeys, DESTINATION);

const delivery = closedMap({
  outbox: wholeNumber(1, 1_000_000)
    .default(10_000)
    .describe(
      'Risk events that may wait for delivery. When it is full, requests that would add more are refused and may be retried.',
    ),
  batch: wholeNumber(1, 10_000).default(512).describe('Risk events in one request at most.'),
  initial_backoff: duration('1ms', '1h')
    .prefault('1s')
    .describe(
      'The longest pause after the first failed attempt; it doubles with each further one. The pause itself is random, up to that length.',
    ),
  max_backoff: duration('1ms', '1h').prefault('30s').describe('The longest pause between attempts.'),
  drain: duration('0s', '1h')
    .prefault('10s')
    .describe('How long a stop waits for delivery. Risk events that are left then are lost, and counted.'),
}).refine((value) => value.max_backoff >= value.initial_backoff, {
  path: ['max_backoff'],
  error: 'is less than initial_backoff (without a value it is 30s)',
});

/** The configuration file: the one place for its keys, their kinds, defaults and descriptions. */
export const schema = section(
  withInstead(
    closedMap({
      receivers: section(
        withInstead(
          closedMap({
            otlp: section(
              withInstead(
                closedMap({
                  grpc: section(
                    withInstead(
                      closedMap({
                        endpoint: hostPort()
                          .default('localhost:4317')
                          .describe('Address that receives OTLP/gRPC; port 0 takes a free port.'),
                        max_recv_msg_size_mib: wholeNumber(1, 1024)
                          .default(64)
                          .describe(
                            'The largest request, in MiB after decompression; a larger one is refused.',
                          ),
                        max_held_mib: wholeNumber(1, 65_536)
                          .default(256)
                          .describe(
                            'Memory for all requests in progress, in MiB. Beyond it requests are refused and may be retried. One request of the largest size is always accepted.',
                          ),
                      }),
                      GRPC_RECEIVER,
                    ),
                  ),
                }),
                OTLP_RECEIVER,
              ),
            ),
          }),
          RECEIVERS,
        ),
      ),
      rules: section(
        closedMap({
          packs: list(oneOf(PACKS), `a list of ${PACKS.join(' and ')}`)
            .default(['sidewatch'])
            .describe('Rules that ship with Sidewatch. Both at once score the same behaviour twice.'),
          files: list(text('a path or a glob pattern'), 'a list of paths and glob patterns')
            .default([])
            .describe('Sigma rules, correlations and filters of your own.'),
          result_filters: mapOf(z.unknown(), 'a map of rule ids or names to Sigma detections')
            .default({})
            .describe(
              'By rule, a Sigma detection over the result row; a row that does not match is dropped.',
            ),
          profiles: list(text('the name of a profile'), 'a list of names of profiles')
            .default([])
            .describe(
              'Names of profiles, which are overrides that ship with the packs. They apply before your own overrides. See rules.md.',
            ),
          overrides: list(
            mapOf(z.unknown(), 'a map with rule, tag or pack, and what to change'),
            'a list of overrides',
          )
            .default([])
            .describe(
              'Changes to loaded rules: `rule`, `tag` or `pack`, and any of enabled, level, score, threshold, timespan, quiet, offset, lateness, time and group. Later ones win. See rules.md.',
            ),
          lists: mapOf(z.unknown(), 'a map of names to lists of values, or to {file: PATH}')
            .default({})
            .describe(
              'Values that rules refer to as `%name%`, with the modifier `expand`. A list here replaces the list of the same name that ships with a pack.',
            ),
        }),
      ),
      client: section(
        closedMap({
          trusted_proxies: list(addressOrNetwork(), 'a list of addresses and networks')
            .default([])
            .describe(
              'Proxies whose X-Forwarded-For header is trusted; the header of any other sender is ignored.',
            ),
          ipv6_prefix: wholeNumber(0, 128)
            .default(64)
            .describe('IPv6 clients of one network of this size count as one client.'),
        }),
      ),
      geo: section(
        closedMap({
          city: text('dbip-lite, none or the path of a database')
            .default('dbip-lite')
            .describe(
              'Where addresses are located: the embedded DB-IP City Lite, a file with cities (.mmdb, such as GeoIP2 City), or nowhere. A file is read into memory; if it is replaced or overwritten, the change takes effect after a restart. Private addresses, and others that belong to no place, are never looked up.',
            ),
        }),
      ),
      destinations: namedSections(section(destination), 'a map of names to destinations').describe(
        'Where risk events go. Without one they go to OTEL_EXPORTER_OTLP_ENDPOINT, else to stdout.',
      ),
      delivery: section(delivery),
      limits: section(
        closedMap({
          groups: wholeNumber(1, 10_000_000)
            .default(10_000)
            .describe(
              'Groups that a rule may hold. Beyond it the payer (a client network) with the most groups gives way: its least recently hit group is closed early.',
            ),
          state_mib: wholeNumber(1, 1_048_576)
            .default(128)
            .describe('Memory for windows, in MiB; beyond it groups are closed early.'),
          values: wholeNumber(1, 100_000)
            .default(1000)
            .describe('Distinct values that a detection keeps of a field; the rest is cut and flagged.'),
        }),
      ),
      telemetry: section(
        closedMap({
          console: section(
            closedMap({
              endpoint: hostPort()
                .optional()
                .describe(
                  'Address where `rules list --live` reads the activity of the rules in force (JSON at /rules). Off unless it is set. It has no login: keep it on localhost.',
                ),
            }),
          ),
          logs: section(
            closedMap({
              level: oneOf(['info', 'warn', 'error'])
                .default('info')
                .describe("The lowest level of Sidewatch's own log, which goes to stderr."),
              encoding: oneOf(['console', 'json'])
                .default('console')
                .describe('`console` is for people, `json` writes one object per line.'),
            }),
          ),
        }),
      ),
    }),
    TOP_LEVEL,
  ),
);

type Frozen<T> = T extends string | number | boolean | undefined
  ? T
  : { readonly [K in keyof T]: Frozen<T[K]> };

/** `sidewatch.yaml:4`: the place of a key in the file; undefined for a key that the file does not have. */
export type SettingPlace = (path: YamlPath) => string | undefined;

/** The configuration as the other parts see it: defaults filled in, times as Ms, deep-frozen. */
export type Config = Frozen<z.output<typeof schema>> & {
  /** For parts that find a fault in a value later. Missing where there is no file. */
  readonly place?: SettingPlace;
};
export type DestinationConfig = Config['destinations'][string];
