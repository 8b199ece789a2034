import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';

const ENV = { SIZE: '32', HOST: '10.0.0.1', DIGITS: '0123', SECRET: 'hunter2', EMPTY: '' };

function load(text: string) {
  return loadConfig({ path: 'sidewatch.yaml', text }, ENV, (path) => {
    if (path === '/token') return 'Bearer hunter2\n';
    throw new Error(`ENOENT: ${path}`);
  });
}

function config(text: string) {
  const loaded = load(text);
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const { place: _, ...config } = loaded.config;
  return config;
}

function errors(text: string): readonly string[] {
  const loaded = load(text);
  return 'errors' in loaded ? loaded.errors : [];
}

const DEFAULTS = {
  receivers: { otlp: { grpc: { endpoint: 'localhost:4317', max_recv_msg_size_mib: 64, max_held_mib: 256 } } },
  rules: { packs: ['sidewatch'], files: [], result_filters: {}, profiles: [], overrides: [], lists: {} },
  client: { trusted_proxies: [], ipv6_prefix: 64 },
  geo: { city: 'dbip-lite' },
  destinations: {},
  delivery: { outbox: 10_000, batch: 512, initial_backoff: 1000, max_backoff: 30_000, drain: 10_000 },
  limits: { groups: 10_000, state_mib: 128, values: 1000 },
  telemetry: { console: {}, logs: { level: 'info', encoding: 'console' } },
};

describe('the defaults serve', () => {
  test('without a file', () => {
    expect(loadConfig(undefined, {}, () => '')).toEqual({ config: DEFAULTS });
  });

  test.each([
    ['an empty file', ''],
    ['comments alone', '# receivers:\n'],
    ['a marker and comments', '---\n# receivers:\n'],
    [
      'sections with nothing in them',
      'receivers:\n  otlp:\n    grpc:\nrules:\ndestinations:\ntelemetry: {}\n',
    ],
  ])('with %s', (_, text) => {
    expect(config(text)).toEqual(DEFAULTS);
  });
});

test('what is set is set, the rest keeps its default', () => {
  const { receivers, rules, client, destinations, delivery, telemetry } = config(`
receivers: {otlp: {grpc: {endpoint: "[::1]:0"}}}
rules:
  packs: [escu, sidewatch]
  files: [/etc/sidewatch/rules/*.yml]
  result_filters: {kubernetes_access_scanning: {selection: {src_ip|cidr: 10.0.0.0/8, Country: null}, condition: not selection}}
  profiles: [quiet]
  overrides: [{pack: escu, enabled: false}]
  lists: {scanners: [192.0.2.0/24], registries: {file: /etc/registries}}
client: {trusted_proxies: [10.0.0.0/8, "2001:db8::1"], ipv6_prefix: 0}
destinations:
  siem: {endpoint: "https://siem.example:4318", headers: {authorization: Bearer x}, timeout: 500ms}
  out: {protocol: console}
delivery: {initial_backoff: 2s, max_backoff: 2s, drain: 0s}
telemetry: {logs: {level: warn, encoding: json}}
`);
  expect(receivers.otlp.grpc).toEqual({ endpoint: '[::1]:0', max_recv_msg_size_mib: 64, max_held_mib: 256 });
  expect(rules).toEqual({
    packs: ['escu', 'sidewatch'],
    files: ['/etc/sidewatch/rules/*.yml'],
    result_filters: {
      kubernetes_access_scanning: {
        selection: { 'src_ip|cidr': '10.0.0.0/8', Country: null },
        condition: 'not selection',
      },
    },
    profiles: ['quiet'],
    overrides: [{ pack: 'escu', enabled: false }],
    lists: { scanners: ['192.0.2.0/24'], registries: { file: '/etc/registries' } },
  });
  expect(client).toEqual({ trusted_proxies: ['10.0.0.0/8', '2001:db8::1'], ipv6_prefix: 0 });
  expect(destinations).toEqual({
    siem: {
      protocol: 'http/protobuf',
      endpoint: 'https://siem.example:4318',
      headers: { authorization: 'Bearer x' },
      timeout: 500,
      compression: 'gzip',
      tls: {},
    },
    out: { protocol: 'console', headers: {}, timeout: 10_000, compression: 'gzip', tls: {} },
  });
  expect(delivery).toMatchObject({ batch: 512, initial_backoff: 2000, max_backoff: 2000, drain: 0 });
  expect(telemetry.logs).toEqual({ level: 'warn', encoding: 'json' });
});

test('a Config is frozen through and through', () => {
  const { rules, receivers } = config('rules: {result_filters: {a: {b: [1]}}}');
  expect(() => Object.assign(receivers.otlp.grpc, { endpoint: 'x:1' })).toThrow(TypeError);
  expect(() => (rules.packs as string[]).push('escu')).toThrow(TypeError);
  expect(Object.isFrozen((rules.result_filters['a'] as { b: unknown })['b'])).toBe(true);
});

describe('references', () => {
  test('fit where a number is wanted', () => {
    expect(
      config('receivers: {otlp: {grpc: {max_recv_msg_size_mib: "${env:SIZE}"}}}').receivers.otlp.grpc,
    ).toHaveProperty('max_recv_msg_size_mib', 32);
  });

  test('stay text where text is wanted', () => {
    const { siem } = config(
      'destinations: {siem: {endpoint: "http://${env:HOST}:4318", headers: {a: "${env:DIGITS}", b: "${file:/token}", c: "${env:EMPTY}", d: "$$x"}}}',
    ).destinations;
    expect(siem?.endpoint).toBe('http://10.0.0.1:4318');
    expect(siem?.headers).toEqual({ a: '0123', b: 'Bearer hunter2', c: '', d: '$x' });
  });
});

test('a configuration of a collector is answered with our keys', () => {
  const lines = errors(`extensions: {file_storage: {}}
receivers:
  file_log/audit: {include: [x]}
  otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}
processors: {batch: {}}
exporters: {otlp_http: {endpoint: "http://x:4318"}}
destinations:
  otlp_http/siem:
    endpoint: http://x:4318
    tls: {insecure: true, insecure_skip_verify: true}
    sending_queue: {}
    retry_on_failure: {}
    encoding: json
service: {pipelines: {}}
`);
  const wanted = [
    /:1 +extensions +belongs to a collector: leave it out$/,
    /:3 +receivers\.file_log\/audit +.*receivers\.otlp\.grpc\.endpoint$/,
    /:4 +receivers\.otlp\.protocols +.*write receivers\.otlp\.grpc /,
    /:5 +processors +belongs to a collector: leave it out .*delivery\.batch/,
    /:6 +exporters +.*under destinations/,
    /:10 +destinations\.otlp_http\/siem\.tls\.insecure +.*write http:\/\/ in endpoint/,
    /:10 +destinations\.otlp_http\/siem\.tls\.insecure_skip_verify +.*ca_file$/,
    /:11 +destinations\.otlp_http\/siem\.sending_queue +.*delivery\.outbox/,
    /:12 +destinations\.otlp_http\/siem\.retry_on_failure +.*delivery\.initial_backoff/,
    /:13 +destinations\.otlp_http\/siem\.encoding +.*write protocol/,
    /:14 +service +belongs to a collector: leave it out/,
  ];
  expect(lines).toEqual(wanted.map((one) => expect.stringMatching(one)));
  expect(errors('receivers: otlp')).toEqual([expect.stringMatching(/receivers +wants a map, has "otlp"/)]);
});

describe('an error says where, what is wanted and what is there', () => {
  test.each([
    [
      'receivers:\n  otlp:\n    grpc:\n      endpont: x:1',
      '4  receivers.otlp.grpc.endpont  is not a key here; did you mean "endpoint"?',
    ],
    ['reciever: {}', '1  reciever  is not a key here; did you mean "receivers"?'],
    ['geo: {zzz: 1}', '1  geo.zzz  is not a key here; the keys are city'],
    ['client:\n  ipv6_prefix: five', '2  client.ipv6_prefix  wants a whole number from 0 to 128, has "five"'],
    ['client:\n  ipv6_prefix: "64"', '2  client.ipv6_prefix  wants a whole number from 0 to 128, has "64"'],
    ['client:\n  ipv6_prefix: 129', '2  client.ipv6_prefix  wants a whole number from 0 to 128, has 129'],
    ['client:\n  ipv6_prefix: -1', '2  client.ipv6_prefix  wants a whole number from 0 to 128, has -1'],
    ['client:\n  ipv6_prefix: 6.4', '2  client.ipv6_prefix  wants a whole number from 0 to 128, has 6.4'],
    ['client:\n  ipv6_prefix:', '2  client.ipv6_prefix  wants a whole number from 0 to 128, has nothing'],
    [
      'client:\n  trusted_proxies:\n    - 10.0.0.0/8\n    - pods',
      '4  client.trusted_proxies[1]  wants an address or a network such as 10.0.0.0/8, has "pods"',
    ],
    [
      'client: {trusted_proxies: 10.0.0.0/8}',
      '1  client.trusted_proxies  wants a list of addresses and networks, has "10.0.0.0/8"',
    ],
    ['client: [1]', '1  client  wants a map, has a list'],
    ['rules: {packs: [splunk]}', '1  rules.packs[0]  wants escu or sidewatch, has "splunk"'],
    ['rules: {files: [""]}', '1  rules.files[0]  wants a path or a glob pattern, has ""'],
    ['rules: {result_filters: {a: x}}', ''],
    [
      'rules: {result_filters: x}',
      '1  rules.result_filters  wants a map of rule ids or names to Sigma detections, has "x"',
    ],
    [
      'receivers: {otlp: {grpc: {endpoint: localhost}}}',
      '1  receivers.otlp.grpc.endpoint  wants host:port, with an IPv6 address in brackets, has "localhost"',
    ],
    [
      'receivers: {otlp: {grpc: {endpoint: "::1:4317"}}}',
      '1  receivers.otlp.grpc.endpoint  wants host:port, with an IPv6 address in brackets, has "::1:4317"',
    ],
    [
      'receivers: {otlp: {grpc: {endpoint: "a:65536"}}}',
      '1  receivers.otlp.grpc.endpoint  wants host:port, with an IPv6 address in brackets, has "a:65536"',
    ],
    [
      'delivery: {drain: 10}',
      '1  delivery.drain  wants a length of time from 0s to 1h, such as 500ms, 10s or 5m, has 10',
    ],
    [
      'delivery: {drain: 2h}',
      '1  delivery.drain  wants a length of time from 0s to 1h, such as 500ms, 10s or 5m, has "2h"',
    ],
    [
      'delivery: {max_backoff: 10ms}',
      '1  delivery.max_backoff  is less than initial_backoff (without a value it is 30s)',
    ],
    ['telemetry: {logs: {level: debug}}', '1  telemetry.logs.level  wants info, warn or error, has "debug"'],
    [
      'destinations: {siem: }',
      '1  destinations.siem.endpoint  is missing; wants an http or https URL without user and password, or logs_endpoint in its place',
    ],
    [
      'destinations: {siem: {endpoint: "siem:4318"}}',
      '1  destinations.siem.endpoint  wants an http or https URL without user and password, has "siem:4318"',
    ],
    [
      'destinations: {siem: {endpoint: "https://me:hunter2@siem"}}',
      '1  destinations.siem.endpoint  wants an http or https URL without user and password, has "https://***@siem"',
    ],
    [
      'destinations: {siem: {protocol: grpc, endpoint: "http://siem"}}',
      '1  destinations.siem.protocol  grpc is not there yet: use http/protobuf or http/json',
    ],
    [
      'destinations: {siem: {protocol: console, endpoint: "http://siem"}}',
      '1  destinations.siem  prints to stdout (protocol: console), so it takes no endpoint',
    ],
    [
      'destinations: {siem: {endpoint: "http://siem", tls: {key_file: /key}}}',
      '1  destinations.siem.tls  has key_file without cert_file',
    ],
    [
      'destinations: {a b: {endpoint: "http://siem"}}',
      '1  destinations.a b  wants a name of letters, digits and . _ / -',
    ],
    ['- a', '1  wants a map, has a list'],
    ['a: 1\n---\nb: 1', '3  begins a second document; wants only one'],
    ['a: 1\na: 2', '2  is not YAML: Map keys must be unique'],
    [
      'client: &a {trusted_proxies: *a}',
      '1  client.trusted_proxies  is an alias of a map or a list that contains it',
    ],
    [
      'geo: {city: "${env:NOPE}"}',
      '1  geo.city  needs the environment variable NOPE, which is not set; ${env:NOPE:-} makes it optional',
    ],
    ['geo: {city: "${file:/nope}"}', '1  geo.city  cannot read the file of ${file:/nope}: ENOENT: /nope'],
  ])('%j', (text, expected) => {
    expect(errors(text)).toEqual(expected === '' ? [] : [`sidewatch.yaml:${expected}`]);
  });

  test('a long value is cut', () => {
    expect(errors(`geo: {city: [${'x'.repeat(100)}]}`)[0]).toMatch(/has a list$/);
    expect(errors(`client: {ipv6_prefix: ${'x'.repeat(100)}}`)[0]).toMatch(/has "x{60}…"$/);
  });

  test('a control character is escaped', () => {
    expect(errors('client: {ipv6_prefix: "\\e[2J"}')[0]).toMatch(/has "\\u001b\[2J"$/);
  });
});

test('all errors come at once, by line, in columns', () => {
  expect(
    errors(`reciever: {}
client:
  ipv6_prefix: five
geo:
  city: \${env:NOPE}
destinations:
  siem:
    protocol: grpc
    timeout: soon
`),
  ).toEqual([
    'sidewatch.yaml:1  reciever                    is not a key here; did you mean "receivers"?',
    'sidewatch.yaml:3  client.ipv6_prefix          wants a whole number from 0 to 128, has "five"',
    'sidewatch.yaml:5  geo.city                    needs the environment variable NOPE, which is not set; ${env:NOPE:-} makes it optional',
    'sidewatch.yaml:7  destinations.siem.endpoint  is missing; wants an http or https URL without user and password, or logs_endpoint in its place',
    'sidewatch.yaml:8  destinations.siem.protocol  grpc is not there yet: use http/protobuf or http/json',
    'sidewatch.yaml:9  destinations.siem.timeout   wants a length of time from 1ms to 10m, such as 500ms, 10s or 5m, has "soon"',
  ]);
});

describe('no secret is shown', () => {
  test.each([
    [
      'a header of the wrong sort',
      'destinations: {a: {endpoint: "http://x", headers: {authorization: [hunter2]}}}',
    ],
    [
      'a header that HTTP cannot carry',
      'destinations: {a: {endpoint: "http://x", headers: {authorization: "hunter2\\n"}}}',
    ],
    ['headers as text', 'destinations: {a: {endpoint: "http://x", headers: "authorization=hunter2"}}'],
    [
      'a header with a reference and more',
      'destinations: {a: {endpoint: "http://x", headers: {a: "hunter2\\n${env:HOST}"}}}',
    ],
    ['a variable in the wrong place', 'client: {ipv6_prefix: "${env:SECRET}"}'],
    ['a file in the wrong place', 'client: {ipv6_prefix: "x${file:/token}"}'],
    ['a password in a URL', 'destinations: {a: {endpoint: "http://u:hunter2@x"}}'],
    ['a syntax error beside it', 'a: {b: c: "hunter2"}\nhunter2'],
  ])('%s', (_, text) => {
    const lines = errors(text);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  test('a reference is shown as it is written', () => {
    expect(errors('client: {ipv6_prefix: "${env:SECRET}"}')).toEqual([
      'sidewatch.yaml:1  client.ipv6_prefix  wants a whole number from 0 to 128, has what "${env:SECRET}" brings in',
    ]);
  });
});

test('a Config knows the places of its values', () => {
  const loaded = load('rules:\n  files:\n    - a.yml\n  packs: ${env:NOPE:-[]}\n');
  const place = (...path: (string | number)[]) =>
    'config' in loaded ? loaded.config.place?.(path) : 'not loaded';
  expect(place('rules', 'files', 0)).toBe('sidewatch.yaml:3');
  expect(place('rules', 'files', 1)).toBeUndefined();
  expect(place('rules', 'overrides')).toBe('sidewatch.yaml:1');
  expect(place('rules', 'packs', 7)).toBe('sidewatch.yaml:4');
  expect(place('geo', 'city')).toBeUndefined();
});
