import { describe, expect, test } from 'vitest';
import {
  type Env,
  exporterFromEnv,
  exporterVariables,
  resourceFromEnv,
  signalUrl,
} from '../../../src/config/otel-environment.ts';

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
const PLAIN = {
  name: 'otlp',
  protocol: 'http/protobuf',
  url: 'http://collector:4318/v1/logs',
  headers: {},
  timeout: 10_000,
  compression: 'none',
  tls: {},
};

/** Names without OTEL_EXPORTER_OTLP_. */
function target(settings: Env) {
  const env = Object.entries(settings).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]);
  const found = exporterFromEnv(Object.fromEntries(env));
  return found && 'target' in found ? found.target : found?.errors.map((one) => `${one.where}  ${one.what}`);
}

describe('a destination from the environment', () => {
  test('has the defaults of the specification', () => {
    expect(exporterFromEnv(BASE)).toEqual({ target: PLAIN });
  });

  test.each([
    ['no variable', {}],
    ['an empty endpoint', { ENDPOINT: '' }],
    ['all but an endpoint', { PROTOCOL: 'http/json', HEADERS: 'a=b', LOGS_TIMEOUT: '5' }],
  ])('needs an endpoint: %s', (_, settings) => {
    expect(target(settings)).toBeUndefined();
  });

  const E = { ENDPOINT: 'http://collector:4318' };
  test.each([
    ['a base URL with a path', { ENDPOINT: 'http://c/otlp/' }, { url: 'http://c/otlp/v1/logs' }],
    ['a logs URL as it is', { LOGS_ENDPOINT: 'https://c/in?key=1' }, { url: 'https://c/in?key=1' }],
    ['the logs URL first', { ...E, LOGS_ENDPOINT: 'http://other/x' }, { url: 'http://other/x' }],
    ['an empty logs URL is unset', { ...E, LOGS_ENDPOINT: '' }, {}],
    ['spaces around it', { ENDPOINT: ' http://collector:4318 ' }, {}],
    ['JSON', { ...E, PROTOCOL: 'http/json' }, { protocol: 'http/json' }],
    [
      'the logs protocol first',
      { ...E, PROTOCOL: 'grpc', LOGS_PROTOCOL: 'http/json' },
      { protocol: 'http/json' },
    ],
    ['gRPC', { ENDPOINT: 'http://c:4317', PROTOCOL: 'grpc' }, { protocol: 'grpc', url: 'http://c:4317' }],
    [
      'gRPC over TLS',
      { LOGS_ENDPOINT: 'https://c:4317', LOGS_PROTOCOL: 'grpc', INSECURE: 'true' },
      { protocol: 'grpc', url: 'https://c:4317' },
    ],
    [
      'gRPC at a host with TLS',
      { ENDPOINT: 'c:4317', PROTOCOL: 'grpc' },
      { protocol: 'grpc', url: 'https://c:4317' },
    ],
    [
      'gRPC at a host without TLS',
      { ENDPOINT: 'c:4317', PROTOCOL: 'grpc', INSECURE: 'True' },
      { protocol: 'grpc', url: 'http://c:4317' },
    ],
    ['a timeout in milliseconds', { ...E, TIMEOUT: '2500' }, { timeout: 2500 }],
    ['the logs timeout first', { ...E, TIMEOUT: 'x', LOGS_TIMEOUT: '1' }, { timeout: 1 }],
    ['compression', { ...E, COMPRESSION: 'gzip' }, { compression: 'gzip' }],
    ['the logs compression first', { ...E, COMPRESSION: 'gzip', LOGS_COMPRESSION: 'none' }, {}],
    ['headers', { ...E, HEADERS: 'a=1, b = 2 ,' }, { headers: { a: '1', b: '2' } }],
    [
      'headers that are percent-encoded',
      { ...E, HEADERS: 'Authorization=Basic%20dTpw%3D%3D,c=a%2Cb' },
      { headers: { Authorization: 'Basic dTpw==', c: 'a,b' } },
    ],
    ['a header with = in its value', { ...E, HEADERS: 'a=b==' }, { headers: { a: 'b==' } }],
    ['a header with nothing in it', { ...E, HEADERS: 'a=' }, { headers: { a: '' } }],
    [
      'the logs headers in place of all others',
      { ...E, HEADERS: 'a=1', LOGS_HEADERS: 'b=2' },
      { headers: { b: '2' } },
    ],
    [
      'certificates',
      { ...E, CERTIFICATE: '/ca', CLIENT_CERTIFICATE: '/cert', CLIENT_KEY: '/key' },
      {
        tls: {
          ca: { path: '/ca', setting: ['OTEL_EXPORTER_OTLP_CERTIFICATE'] },
          cert: { path: '/cert', setting: ['OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'] },
          key: { path: '/key', setting: ['OTEL_EXPORTER_OTLP_CLIENT_KEY'] },
        },
      },
    ],
    [
      'the logs certificates first',
      { ...E, CERTIFICATE: '/ca', LOGS_CERTIFICATE: '/logs' },
      { tls: { ca: { path: '/logs', setting: ['OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE'] } } },
    ],
  ] as [string, Env, object][])('takes %s', (_, settings, expected) => {
    expect(target(settings)).toEqual({ ...PLAIN, ...expected });
  });

  test.each([
    [
      'no URL',
      { ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT  wants an http or https URL without user and password, has "collector:4318"',
    ],
    [
      'a password in the URL',
      { LOGS_ENDPOINT: 'http://u:hunter2@c' },
      'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT  wants an http or https URL without user and password, has "http://***@c"',
    ],
    [
      'a path for gRPC',
      { ENDPOINT: 'http://c:4317/otlp', PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_ENDPOINT  has a path, which gRPC has no place for',
    ],
    [
      'a header that gRPC cannot carry',
      { ...E, PROTOCOL: 'grpc', HEADERS: 'a=%C3%A9' },
      'OTEL_EXPORTER_OTLP_HEADERS  holds a name or a value that gRPC cannot carry',
    ],
    [
      'another protocol',
      { ...E, LOGS_PROTOCOL: 'http' },
      'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL  wants http/protobuf, http/json or grpc, has "http"',
    ],
    [
      'another compression',
      { ...E, COMPRESSION: 'zstd' },
      'OTEL_EXPORTER_OTLP_COMPRESSION  wants gzip or none, has "zstd"',
    ],
    [
      'a timeout with a unit',
      { ...E, TIMEOUT: '10s' },
      'OTEL_EXPORTER_OTLP_TIMEOUT  wants a whole number of milliseconds from 1 to 600000, has "10s"',
    ],
    [
      'no time at all',
      { ...E, TIMEOUT: '0' },
      'OTEL_EXPORTER_OTLP_TIMEOUT  wants a whole number of milliseconds from 1 to 600000, has "0"',
    ],
    [
      'a header without =',
      { ...E, HEADERS: 'a=1,hunter2' },
      'OTEL_EXPORTER_OTLP_HEADERS  wants key=value pairs with commas between them, percent-encoded; pair 2 is not one (not shown: it may be a secret)',
    ],
    [
      'a broken percent code',
      { ...E, HEADERS: 'a=%zz' },
      'OTEL_EXPORTER_OTLP_HEADERS  wants key=value pairs with commas between them, percent-encoded; pair 1 is not one (not shown: it may be a secret)',
    ],
    [
      'a header of two lines',
      { ...E, HEADERS: 'a=b%0d%0ac: d' },
      'OTEL_EXPORTER_OTLP_HEADERS  holds a name or a value that an HTTP header cannot have',
    ],
    [
      'a certificate without its key',
      { ...E, CLIENT_CERTIFICATE: '/cert' },
      'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE  wants a client certificate and its key together',
    ],
  ] as [string, Env, string][])('is refused with %s', (_, settings, expected) => {
    expect(target(settings)).toEqual([expected]);
  });

  test('reports all faults at once', () => {
    expect(target({ ENDPOINT: 'x', PROTOCOL: 'x', TIMEOUT: 'x', HEADERS: 'x' })).toHaveLength(4);
  });
});

test.each([
  ['http://c:4318', 'http://c:4318/v1/logs'],
  ['http://c:4318/', 'http://c:4318/v1/logs'],
  ['https://c/a/b', 'https://c/a/b/v1/logs'],
  ['https://c/a?key=1', 'https://c/a/v1/logs?key=1'],
])('logs for %s go to %s', (base, url) => {
  expect(signalUrl(base, 'logs')).toBe(url);
});

test('the exporters’ own variables are found by their prefix', () => {
  expect(
    exporterVariables({
      ...BASE,
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'a=b',
      OTEL_EXPORTER_OTLP_INSECURE: '',
      OTEL_SERVICE_NAME: 'x',
      PATH: '/',
    }),
  ).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_LOGS_HEADERS',
    'OTEL_EXPORTER_OTLP_INSECURE',
  ]);
});

describe('resource attributes', () => {
  test.each([
    ['none', {}, {}],
    [
      'a list',
      { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,team=soc' },
      { 'deployment.environment.name': 'prod', team: 'soc' },
    ],
    ['percent codes', { OTEL_RESOURCE_ATTRIBUTES: 'a=x%2Cy%20z' }, { a: 'x,y z' }],
    ['a service name', { OTEL_SERVICE_NAME: 'watch' }, { 'service.name': 'watch' }],
    [
      'both',
      { OTEL_SERVICE_NAME: 'watch', OTEL_RESOURCE_ATTRIBUTES: 'service.name=x' },
      { 'service.name': 'watch' },
    ],
    [
      'an empty service name',
      { OTEL_SERVICE_NAME: '', OTEL_RESOURCE_ATTRIBUTES: 'service.name=x' },
      { 'service.name': 'x' },
    ],
    ['a disabled SDK', { OTEL_SDK_DISABLED: 'true', OTEL_RESOURCE_ATTRIBUTES: 'a=b' }, { a: 'b' }],
  ] as [string, Env, object][])('%s', (_, env, attributes) => {
    expect(resourceFromEnv(env)).toEqual({ attributes });
  });

  test('that are no pairs are refused', () => {
    expect(resourceFromEnv({ OTEL_RESOURCE_ATTRIBUTES: 'a=b,c' })).toEqual({
      errors: [{ where: 'OTEL_RESOURCE_ATTRIBUTES', what: expect.stringContaining('pair 2 is not one') }],
    });
  });
});
