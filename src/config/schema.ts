import * as z from 'zod';
import type { YamlPath } from '../lib/yaml-source.ts';
import { PACKS } from '../model/packs.ts';
import * as kinds from '../schema/config-shapes.ts';

const MISSING_ENDPOINT = `wants ${kinds.HTTP_URL}, or logs_endpoint in its place`;

const destination = z
  .strictObject({
    protocol: kinds
      .oneOf(['http/protobuf', 'http/json', 'console'], {
        grpc: 'grpc is not there yet: use http/protobuf or http/json',
      })
      .default('http/protobuf')
      .describe('How risk events travel. `console` prints them to stdout, one JSON object a line.'),
    endpoint: kinds
      .httpUrl()
      .optional()
      .describe('Base URL of an OTLP/HTTP receiver; `/v1/logs` is appended, as in the collector.'),
    logs_endpoint: kinds
      .httpUrl()
      .optional()
      .describe('URL that is used as it stands; goes before `endpoint`.'),
    headers: kinds.headers().default({}).describe('Headers of every request. Never shown or logged.'),
    timeout: kinds.duration('1ms', '10m').prefault('10s').describe('How long one attempt may take.'),
    compression: kinds
      .oneOf(['gzip', 'none'])
      .default('gzip')
      .describe("How a request's body is compressed."),
    tls: kinds.section(
      z
        .strictObject({
          ca_file: kinds
            .text('a path')
            .optional()
            .describe('Certificates (PEM) that the receiver must be signed by.'),
          cert_file: kinds
            .text('a path')
            .optional()
            .describe('Our certificate (PEM), for receivers that ask for one.'),
          key_file: kinds.text('a path').optional().describe('The key (PEM) of `cert_file`.'),
        })
        .refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), {
          error: 'wants cert_file and key_file together',
        }),
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

const delivery = z
  .strictObject({
    outbox: kinds
      .wholeNumber(1, 1_000_000)
      .default(10_000)
      .describe(
        'Risk events that may wait for delivery. When it is full, requests that would add more are refused and may be retried.',
      ),
    batch: kinds.wholeNumber(1, 10_000).default(512).describe('Risk events in one request at most.'),
    initial_backoff: kinds
      .duration('1ms', '1h')
      .prefault('1s')
      .describe(
        'The longest pause after a first failed attempt; doubles with each further one. The pause is drawn at random below it.',
      ),
    max_backoff: kinds.duration('1ms', '1h').prefault('30s').describe('The longest pause between attempts.'),
    drain: kinds
      .duration('0s', '1h')
      .prefault('10s')
      .describe('How long a stop waits for delivery. What is left in memory then is lost and counted.'),
  })
  .refine((value) => value.max_backoff >= value.initial_backoff, {
    path: ['max_backoff'],
    error: 'wants at least what initial_backoff is',
  });

/** The configuration file: the one place for its keys, their kinds, defaults and descriptions. */
export const schema = kinds.section(
  z.strictObject({
    receivers: kinds.section(
      z.strictObject({
        otlp: kinds.section(
          z.strictObject({
            grpc: kinds.section(
              z.strictObject({
                endpoint: kinds
                  .hostPort()
                  .default('localhost:4317')
                  .describe('Where OTLP/gRPC is received; port 0 takes a free one.'),
                max_recv_msg_size_mib: kinds
                  .wholeNumber(1, 1024)
                  .default(64)
                  .describe('The largest request, in MiB after decompression; a larger one is refused.'),
                max_held_mib: kinds
                  .wholeNumber(1, 65_536)
                  .default(256)
                  .describe(
                    'What all requests under way may hold, in MiB; beyond it requests are refused and may be retried. At least one largest request is always taken.',
                  ),
              }),
            ),
          }),
        ),
      }),
    ),
    rules: kinds.section(
      z.strictObject({
        packs: kinds
          .list(kinds.oneOf(PACKS), `a list of ${PACKS.join(' and ')}`)
          .default(['sidewatch'])
          .describe('Rules that ship with Sidewatch. Both at once score the same behaviour twice.'),
        files: kinds
          .list(kinds.text('a path or a glob pattern'), 'a list of paths and glob patterns')
          .default([])
          .describe('Sigma rules, correlations and filters of your own.'),
        result_filters: kinds
          .passedOn('a map of rule ids or names to Sigma detections')
          .default({})
          .describe('By rule, a Sigma detection over the result row; a row that does not match is dropped.'),
        profiles: kinds
          .list(kinds.text('the name of a profile'), 'a list of names of profiles')
          .default([])
          .describe('Overrides that ship with the packs, by name; they go before your own. See rules.md.'),
        overrides: kinds
          .list(kinds.passedOn('a map with rule, tag or pack, and what to change'), 'a list of overrides')
          .default([])
          .describe(
            'Changes of loaded rules: `rule`, `tag` or `pack`, and any of enabled, level, score, threshold, timespan, quiet, offset, lateness, time and group. Later ones win. See rules.md.',
          ),
        lists: kinds
          .passedOn('a map of names to lists of values, or to {file: PATH}')
          .default({})
          .describe(
            'What rules mean by `%name%` under the modifier `expand`; a list here goes before the one of the same name that ships with a pack.',
          ),
      }),
    ),
    client: kinds.section(
      z.strictObject({
        trusted_proxies: kinds
          .list(kinds.network(), 'a list of addresses and networks')
          .default([])
          .describe('Proxies whose X-Forwarded-For is believed; all other claims are left unused.'),
        ipv6_prefix: kinds
          .wholeNumber(0, 128)
          .default(64)
          .describe('IPv6 clients of one network of this size count as one client.'),
      }),
    ),
    geo: kinds.section(
      z.strictObject({
        city: kinds
          .text('dbip-lite, none or the path of a database')
          .default('dbip-lite')
          .describe(
            'Where addresses are located: the embedded DB-IP City Lite, a file with cities (.mmdb, such as GeoIP2 City), or nowhere. A file is read into memory; one that replaces it, or is written over it, takes effect after a restart. Private addresses and others that belong to no place are never looked up.',
          ),
      }),
    ),
    destinations: kinds
      .named(kinds.section(destination))
      .describe('Where risk events go. Without one they go to OTEL_EXPORTER_OTLP_ENDPOINT, else to stdout.'),
    delivery: kinds.section(delivery),
    limits: kinds.section(
      z.strictObject({
        groups: kinds
          .wholeNumber(1, 10_000_000)
          .default(10_000)
          .describe(
            'Groups that a rule may hold; beyond it the network whose clients have most of them has its least recently hit one closed early.',
          ),
        state_mib: kinds
          .wholeNumber(1, 1_048_576)
          .default(128)
          .describe('Memory for windows, in MiB; beyond it groups are closed early.'),
        values: kinds
          .wholeNumber(1, 100_000)
          .default(1000)
          .describe('Distinct values that a detection keeps of a field; the rest is cut and flagged.'),
      }),
    ),
    telemetry: kinds.section(
      z.strictObject({
        console: kinds.section(
          z.strictObject({
            endpoint: kinds
              .hostPort()
              .optional()
              .describe(
                'Where `rules list --live` asks what the rules in force have done (JSON at /rules); off unless it is set. It has no login: keep it on localhost.',
              ),
          }),
        ),
        logs: kinds.section(
          z.strictObject({
            level: kinds
              .oneOf(['info', 'warn', 'error'])
              .default('info')
              .describe("The least level of Sidewatch's own log, which goes to stderr."),
            encoding: kinds
              .oneOf(['console', 'json'])
              .default('console')
              .describe('`console` is for people, `json` has one object a line.'),
          }),
        ),
      }),
    ),
  }),
);

type Frozen<T> = T extends string | number | boolean | undefined
  ? T
  : { readonly [K in keyof T]: Frozen<T[K]> };

/** `sidewatch.yaml:4`: where a key of the file stands; undefined for one that the file does not have. */
export type SettingPlace = (path: YamlPath) => string | undefined;

/** The configuration as the other parts see it: defaults filled in, times as Ms, deep-frozen. */
export type Config = Frozen<z.output<typeof schema>> & {
  /** For those who find out later that a value does not serve. Missing where there is no file. */
  readonly place?: SettingPlace;
};
export type DestinationConfig = Config['destinations'][string];
