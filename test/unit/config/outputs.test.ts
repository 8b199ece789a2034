import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { Env } from '../../../src/config/otel-environment.ts';
import { outputs } from '../../../src/config/outputs.ts';

function resolve(text: string, env: Env) {
  const loaded = loadConfig({ path: 'sidewatch.yaml', text }, env, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  return outputs(loaded.config, env);
}

const QUEUE = { size: 10_000, onFull: 'block', batch: 512, initialInterval: 1000, maxInterval: 30_000 };
const SPLUNK = {
  index: 'risk',
  sourcetype: 'sidewatch:risk',
  auditSearch: 'index=* sourcetype="kube:apiserver-audit"',
};
const RECORD = { format: 'otel', splunk: SPLUNK, timestamp: 'event', bytesMax: 48 * 1024 };
const FILE = `destinations:
  siem:
    endpoint: "https://siem:4318/base/"
    headers: {a: b}
    timeout: 5s
    format: splunk
    splunk: {index: threats, summary_index: notes, source: sw}
    timestamp: observed
    max_event_kib: 64
    tls: {ca_file: /ca, cert_file: /cert, key_file: /key}
    sending_queue: {queue_size: 5, batch: {max_size: 2}}
    retry_on_failure: {initial_interval: 10ms, max_interval: 20ms}
  other: {protocol: http/json, endpoint: "http://unused", logs_endpoint: "http://other/in", compression: none}
  out: {protocol: console}
`;
const ENV = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('risk events go', () => {
  test('to stdout where nothing is said', () => {
    expect(resolve('', {})).toEqual({
      targets: [{ name: 'console', protocol: 'console', record: RECORD, queue: QUEUE }],
      resource: {},
      warnings: [],
    });
  });

  test('where the environment says', () => {
    expect(resolve('', ENV)).toMatchObject({
      targets: [{ name: 'otlp', url: 'http://collector:4318/v1/logs', queue: QUEUE }],
      warnings: [],
    });
  });

  test('where the file says', () => {
    expect(resolve(FILE, {})).toEqual({
      targets: [
        {
          name: 'siem',
          protocol: 'http/protobuf',
          url: 'https://siem:4318/base/v1/logs',
          headers: { a: 'b' },
          timeout: 5000,
          compression: 'gzip',
          tls: {
            ca: { path: '/ca', setting: ['destinations', 'siem', 'tls', 'ca_file'] },
            cert: { path: '/cert', setting: ['destinations', 'siem', 'tls', 'cert_file'] },
            key: { path: '/key', setting: ['destinations', 'siem', 'tls', 'key_file'] },
          },
          record: {
            format: 'splunk',
            splunk: { ...SPLUNK, index: 'threats', summaryIndex: 'notes', source: 'sw' },
            timestamp: 'observed',
            bytesMax: 64 * 1024,
          },
          queue: { size: 5, onFull: 'block', batch: 2, initialInterval: 10, maxInterval: 20 },
        },
        {
          name: 'other',
          protocol: 'http/json',
          url: 'http://other/in',
          headers: {},
          timeout: 10_000,
          compression: 'none',
          tls: {},
          record: RECORD,
          queue: QUEUE,
        },
        { name: 'out', protocol: 'console', record: RECORD, queue: QUEUE },
      ],
      resource: {},
      warnings: [],
    });
  });

  test('where the file says if both do, which is warned of', () => {
    const found = resolve(FILE, ENV);
    expect(found).toMatchObject({
      targets: [{ name: 'siem' }, { name: 'other' }, { name: 'out' }],
      warnings: [
        'not used: OTEL_EXPORTER_OTLP_ENDPOINT; the configuration file names destinations, which go first',
      ],
    });
  });
});

test('variables without an endpoint are warned of', () => {
  expect(resolve('', { OTEL_EXPORTER_OTLP_HEADERS: 'a=b', OTEL_EXPORTER_OTLP_TIMEOUT: '' })).toMatchObject({
    targets: [{ protocol: 'console' }],
    warnings: [
      'not used: OTEL_EXPORTER_OTLP_HEADERS; there is no OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, so risk events go to stdout',
    ],
  });
});

test('over gRPC a destination has an address, and headers of files and events', () => {
  const text = `destinations:
  siem:
    protocol: grpc
    endpoint: siem:4317
    headers_from_files: {Authorization: {file: /token, prefix: "Bearer "}}
    headers_from_event: {X-Scope-OrgID: {attribute: k8s.cluster.name, default: none}}
    keepalive: {time: 5m, permit_without_stream: true}
  plain: {protocol: grpc, endpoint: "plain:4317", tls: {insecure: true}}
  scheme: {protocol: grpc, endpoint: "http://scheme:4317/"}
  socket: {protocol: grpc, endpoint: "unix:///run/siem.sock"}
`;
  expect(resolve(text, {})).toMatchObject({
    targets: [
      {
        protocol: 'grpc',
        url: 'https://siem:4317',
        headerFiles: [
          {
            name: 'Authorization',
            path: '/token',
            prefix: 'Bearer ',
            setting: ['destinations', 'siem', 'headers_from_files', 'Authorization', 'file'],
          },
        ],
        eventHeaders: [{ name: 'X-Scope-OrgID', attribute: 'k8s.cluster.name', otherwise: 'none' }],
        keepAlive: { time: 300_000, timeout: 20_000, idle: true },
      },
      { url: 'http://plain:4317' },
      { url: 'http://scheme:4317' },
      { url: 'unix:///run/siem.sock' },
    ],
  });
});

test('attributes for the resource come from the environment, whatever the file says', () => {
  expect(resolve(FILE, { OTEL_RESOURCE_ATTRIBUTES: 'team=soc' })).toMatchObject({
    resource: { team: 'soc' },
  });
});

describe('dead letters', () => {
  const queue = (onFull: string) => `destinations:
  siem: {protocol: console, sending_queue: {on_full: ${onFull}}}
  lake: {protocol: console}
`;

  test('have the place that delivery.directory names, and a bound', () => {
    expect(resolve(`${queue('dead_letter')}delivery: {directory: /var/lib/sidewatch}`, {})).toMatchObject({
      targets: [{ queue: { onFull: 'dead_letter' } }, { queue: { onFull: 'block' } }],
      deadLetters: { directory: '/var/lib/sidewatch', most: 128 * 2 ** 20 },
    });
    expect(resolve(queue('drop_oldest'), {})).toMatchObject({ deadLetters: undefined });
  });

  test('without a place are an error for the destination that wants them', () => {
    expect(resolve(queue('dead_letter'), {})).toMatchObject({
      errors: [
        'sidewatch.yaml:2  destinations.siem.sending_queue.on_full  dead_letter needs a folder: write its path in delivery.directory',
      ],
    });
  });
});

describe('routes', () => {
  const FILE = `destinations:
  siem: {protocol: console}
  lake: {protocol: console}
`;

  test('that name no destination are errors, with the nearest name', () => {
    expect(resolve(`${FILE}routes:\n- {to: [siem, laek]}\n- {to: x}\n`, {})).toMatchObject({
      errors: [
        'sidewatch.yaml:5  routes[0].to[1]  "laek" is no destination; did you mean "lake"?',
        'sidewatch.yaml:6  routes[1].to[0]  "x" is no destination',
      ],
    });
    expect(resolve('routes: [{to: console}]', {})).toMatchObject({ warnings: [] });
  });

  test('that leave a destination out are warned of', () => {
    expect(resolve(`${FILE}routes: [{level: high, to: siem}]`, {})).toMatchObject({
      warnings: [
        'sidewatch.yaml:3  destinations.lake  no route names it, so it gets only what no route matches',
      ],
    });
    expect(resolve(`${FILE}routes: [{default: true, to: siem}]`, {})).toMatchObject({
      warnings: ['sidewatch.yaml:3  destinations.lake  no route names it, so it gets nothing'],
    });
    expect(resolve(FILE, {})).toMatchObject({ warnings: [] });
  });
});

describe('errors', () => {
  const WRONG = { ...ENV, OTEL_EXPORTER_OTLP_PROTOCOL: 'udp', OTEL_RESOURCE_ATTRIBUTES: 'x' };

  test('of all variables come at once, in columns', () => {
    expect(resolve('', WRONG)).toEqual({
      errors: [
        expect.stringMatching(/^OTEL_RESOURCE_ATTRIBUTES {5}wants key=value/),
        expect.stringMatching(/^OTEL_EXPORTER_OTLP_PROTOCOL {2}wants http\/protobuf/),
      ],
      targets: [],
    });
  });

  test('without unused variables there are none', () => {
    expect(resolve(FILE, { ...ENV, OTEL_EXPORTER_OTLP_PROTOCOL: 'udp' })).toHaveProperty('targets');
  });
});
