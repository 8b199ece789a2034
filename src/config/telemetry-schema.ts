import { isReachable } from '../lib/reachable.ts';
import { METRIC_LEVELS } from '../model/counters.ts';
import { headers, hostPort, httpUrl } from '../schema/network-shapes.ts';
import { closedMap, flag, oneOf, section, text, unshownList, withInstead } from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import { CONSOLE, METRICS, METRICS_OTLP, RECEIVER_AUTH } from './collector-keys.ts';
import { clientTls } from './tls-schema.ts';

const health = closedMap({
  endpoint: hostPort()
    .optional()
    .describe(
      'Address that answers whether Sidewatch lives (/livez) and is ready (/readyz), for the probes of a pod. Off unless it is set. It needs neither TLS nor a token.',
    ),
});

const metricsOtlp = closedMap({
  endpoint: httpUrl()
    .optional()
    .describe(
      'Base URL of an OTLP/HTTP receiver to which metrics are sent; `/v1/metrics` is appended. Off unless it is set.',
    ),
  headers: headers().default({}).describe('Headers of every request. Never shown or logged.'),
  timeout: duration('1ms', '10m').prefault('10s').describe('How long one attempt may take.'),
  compression: oneOf(['gzip', 'none']).default('gzip').describe("How a request's body is compressed."),
  interval: duration('1s', '1h').prefault('1m').describe('How often metrics are sent.'),
  tls: clientTls('receiver'),
});

const metrics = closedMap({
  endpoint: hostPort()
    .optional()
    .describe(
      'Address that Prometheus scrapes (/metrics). Off unless it is set. It needs neither TLS nor a token.',
    ),
  level: oneOf(METRIC_LEVELS, {
    none: 'none is not there: leave out endpoint and otlp.endpoint',
  })
    .default('normal')
    .describe('How many series there are: `basic` has no rule labels, `detailed` has all labels.'),
  otlp: section(withInstead(metricsOtlp, METRICS_OTLP)),
});

const REACHABLE = 'is missing, and other machines can reach this endpoint, which';

const statusConsole = closedMap({
  endpoint: hostPort()
    .optional()
    .describe(
      'Address of the console: the live page (/), risk events as they fire for `sidewatch tail` (/live), and the activity of the rules in force for `rules list --live` (/rules). Off unless it is set. It shows risk events: keep it on localhost, or name `auth.tokens`.',
    ),
  auth: section(
    withInstead(
      closedMap({
        tokens: unshownList(
          withInstead(
            closedMap({
              file: text('a path').describe(
                'A file with one bearer token per line, as for a receiver. Whoever has a token of it can read all risk events, so it should not be the file of a receiver.',
              ),
            }),
            { cluster: 'is not there: whoever may read the console reads the events of all clusters' },
          ),
          'a list of maps with file',
        )
          .default([])
          .describe(
            'Files of bearer tokens. If there is one, a reader must send a token from one of them. An address that other machines can reach needs one.',
          ),
      }),
      RECEIVER_AUTH,
    ),
  ),
  allow_plaintext: flag()
    .default(false)
    .describe('Allows an address that other machines can reach, although the console has no TLS.'),
})
  .refine((at) => at.endpoint === undefined || at.allow_plaintext || !isReachable(at.endpoint), {
    path: ['allow_plaintext'],
    error: `${REACHABLE} has no TLS: write a localhost address in endpoint, or true here`,
  })
  .refine((at) => at.endpoint === undefined || at.auth.tokens.length > 0 || !isReachable(at.endpoint), {
    path: ['auth', 'tokens'],
    error: `${REACHABLE} shows risk events: write a localhost address in endpoint, or - file: PATH here`,
  });

const logs = closedMap({
  level: oneOf(['info', 'warn', 'error'])
    .default('info')
    .describe("The lowest level of Sidewatch's own log, which goes to stderr."),
  encoding: oneOf(['console', 'json'])
    .default('console')
    .describe('`console` is for people, `json` writes one object per line.'),
  detections: oneOf(['info', 'warn', 'off'])
    .default('info')
    .describe(
      'The level at which each detection is logged in one line, if no risk events go to stdout. `off`: detections are not logged.',
    ),
});

export const telemetry = section(
  closedMap({
    health: section(health),
    metrics: section(withInstead(metrics, METRICS)),
    console: section(withInstead(statusConsole, CONSOLE)),
    logs: section(logs),
  }),
);
