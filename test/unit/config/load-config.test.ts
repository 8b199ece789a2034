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

const GRPC = {
  endpoint: 'localhost:4317',
  socket_mode: '0660',
  max_recv_msg_size_mib: 64,
  max_concurrent_streams: 100,
  max_connections: 1000,
  max_connections_per_sender: 200,
  keepalive: {
    server_parameters: {
      max_connection_age: 300_000,
      max_connection_age_grace: 60_000,
      max_connection_idle: 0,
      time: 60_000,
      timeout: 20_000,
    },
  },
  auth: { tokens: [] },
  allow_plaintext: false,
  allow_unauthenticated: false,
};
const QUEUE = {
  sending_queue: { queue_size: 10_000, on_full: 'block', sizer: 'items', batch: { max_size: 512 } },
  retry_on_failure: { initial_interval: 1000, max_interval: 30_000 },
};
const RECORD = { format: 'otel', timestamp: 'event', max_event_kib: 48 };
const DEFAULTS = {
  receivers: { otlp: { protocols: { grpc: GRPC } } },
  memory_limiter: { spike_limit_mib: 0, check_interval: 1000 },
  rules: {
    packs: ['sidewatch'],
    files: [],
    result_filters: {},
    profiles: [],
    overrides: [],
    lists: {},
    on_error: 'refuse',
  },
  client: { trusted_proxies: [], ipv6_prefix: 64 },
  geo: { city: 'dbip-lite' },
  risk: { redaction: { enabled: true, patterns: [] } },
  storage: { kind: 'memory' },
  destinations: {},
  routes: [],
  delivery: { drain: 10_000, max_dead_letters_mib: 128 },
  forward: {
    protocol: 'grpc',
    headers: {},
    timeout: 5000,
    compression: 'gzip',
    tls: {},
    keep: 'all',
    annotate: false,
  },
  limits: { requests_mib: 256, sender_requests_mib: 128, groups: 10_000, state_mib: 128, values: 1000 },
  telemetry: {
    health: {},
    metrics: {
      level: 'normal',
      otlp: { headers: {}, timeout: 10_000, compression: 'gzip', interval: 60_000, tls: {} },
    },
    console: { auth: { tokens: [] }, allow_plaintext: false },
    logs: { level: 'info', encoding: 'console', detections: 'info' },
  },
};

describe('the defaults serve', () => {
  test('without a file', () => {
    expect(loadConfig(undefined, {}, () => '')).toEqual({ config: DEFAULTS, warnings: [] });
  });

  test.each([
    ['an empty file', ''],
    ['comments alone', '# receivers:\n'],
    ['a marker and comments', '---\n# receivers:\n'],
    [
      'sections with nothing in them',
      'receivers:\n  otlp:\n    protocols:\n      grpc:\nrules:\ndestinations:\ntelemetry: {}\n',
    ],
  ])('with %s', (_, text) => {
    expect(config(text)).toEqual(DEFAULTS);
  });
});

test('what is set is set, the rest keeps its default', () => {
  const { receivers, memory_limiter, limits, rules, client, destinations, delivery, telemetry } = config(`
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: "[::1]:0"
        keepalive: {server_parameters: {max_connection_age: 0s}}
        tls: {cert_file: /cert, key_file: /key, min_version: 1.3}
        auth: {tokens: [{file: /a, cluster: prod}, {file: /b}]}
memory_limiter: {limit_mib: 400}
limits: {requests_mib: 33}
rules:
  packs: [escu, sidewatch]
  files: [/etc/sidewatch/rules/*.yml]
  result_filters: {kubernetes_access_scanning: {selection: {src_ip|cidr: 10.0.0.0/8, Country: null}, condition: not selection}}
  profiles: [quiet]
  overrides: [{pack: escu, enabled: false}]
  lists: {scanners: [192.0.2.0/24], registries: {file: /etc/registries}}
client: {trusted_proxies: [10.0.0.0/8, "2001:db8::1"], ipv6_prefix: 0}
destinations:
  siem: {endpoint: "https://siem.example:4318", headers: {authorization: Bearer x}, timeout: 500ms, retry_on_failure: {initial_interval: 2s, max_interval: 2s}}
  out: {protocol: console, sending_queue: {queue_size: 5, batch: {max_size: 2}}}
delivery: {drain: 0s}
telemetry: {logs: {level: warn, encoding: json}}
`);
  expect(receivers.otlp?.protocols.grpc).toEqual({
    ...GRPC,
    endpoint: '[::1]:0',
    keepalive: { server_parameters: { ...GRPC.keepalive.server_parameters, max_connection_age: 0 } },
    tls: { cert_file: '/cert', key_file: '/key', min_version: '1.3', reload_interval: 60_000 },
    auth: { tokens: [{ file: '/a', cluster: 'prod' }, { file: '/b' }] },
  });
  expect(memory_limiter).toEqual({ limit_mib: 400, spike_limit_mib: 80, check_interval: 1000 });
  expect(limits).toMatchObject({ requests_mib: 33, sender_requests_mib: 17 });
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
    on_error: 'refuse',
  });
  expect(client).toEqual({ trusted_proxies: ['10.0.0.0/8', '2001:db8::1'], ipv6_prefix: 0 });
  expect(destinations).toEqual({
    siem: {
      protocol: 'http/protobuf',
      endpoint: 'https://siem.example:4318',
      headers: { authorization: 'Bearer x' },
      timeout: 500,
      compression: 'gzip',
      ...RECORD,
      tls: { insecure: false },
      headers_from_files: {},
      headers_from_event: {},
      ...QUEUE,
      retry_on_failure: { initial_interval: 2000, max_interval: 2000 },
    },
    out: {
      protocol: 'console',
      headers: {},
      timeout: 10_000,
      compression: 'gzip',
      ...RECORD,
      tls: { insecure: false },
      headers_from_files: {},
      headers_from_event: {},
      ...QUEUE,
      sending_queue: { queue_size: 5, on_full: 'block', sizer: 'items', batch: { max_size: 2 } },
    },
  });
  expect(delivery).toEqual({ drain: 0, max_dead_letters_mib: 128 });
  expect(telemetry.logs).toEqual({ level: 'warn', encoding: 'json', detections: 'info' });
});

test('a Config is frozen through and through', () => {
  const { rules, receivers } = config('rules: {result_filters: {a: {b: [1]}}}');
  expect(() => Object.assign(receivers.otlp!.protocols.grpc!, { endpoint: 'x:1' })).toThrow(TypeError);
  expect(() => (rules.packs as string[]).push('escu')).toThrow(TypeError);
  expect(Object.isFrozen((rules.result_filters['a'] as { b: unknown })['b'])).toBe(true);
});

describe('references', () => {
  test('fit where a number is wanted', () => {
    expect(
      config('receivers: {otlp: {protocols: {grpc: {max_recv_msg_size_mib: "${env:SIZE}"}}}}').receivers.otlp
        ?.protocols.grpc,
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

test.each([
  ['', { grpc: 'localhost:4317' }],
  ['receivers:', { grpc: 'localhost:4317' }],
  ['receivers: {}', { grpc: 'localhost:4317' }],
  ['receivers: {otlp: }', { grpc: 'localhost:4317' }],
  ['receivers: {otlp: {protocols: }}', { grpc: 'localhost:4317' }],
  ['receivers: {otlp: {protocols: {grpc: }}}', { grpc: 'localhost:4317' }],
  ['receivers: {otlp: {grpc: {endpoint: "[::1]:0"}}}', { grpc: '[::1]:0' }],
  ['receivers: {otlp: {protocols: {http: }}}', { http: 'localhost:4318' }],
  ['receivers: {otlp: {protocols: {grpc: , http: {}}}}', { grpc: 'localhost:4317', http: 'localhost:4318' }],
  ['receivers: {kubernetes_audit_webhook: }', { webhook: 'localhost:9765' }],
  [
    'receivers: {kubernetes_audit_webhook: {}, otlp: {}}',
    { webhook: 'localhost:9765', grpc: 'localhost:4317' },
  ],
])('a receiver is on where it is named, and OTLP/gRPC where none is: %s', (text, on) => {
  const { otlp, kubernetes_audit_webhook: webhook } = config(text).receivers;
  const { grpc, http } = otlp?.protocols ?? {};
  expect({ grpc: grpc?.endpoint, http: http?.endpoint, webhook: webhook?.endpoint }).toEqual({
    grpc: undefined,
    http: undefined,
    webhook: undefined,
    ...on,
  });
});

/** Each expected pattern is for the line of the same number. */
function expectLines(found: readonly string[], wanted: readonly RegExp[]): void {
  expect(found).toEqual(wanted.map((one) => expect.stringMatching(one)));
}

test('a configuration of a collector is answered with our keys', () => {
  const lines = errors(`extensions: {file_storage: {}}
receivers:
  file_log/audit: {include: [x]}
  otlp:
    protocols:
      http: {read_timeout: 5s, logs_url_path: /logs}
      grpc:
        transport: tcp
        max_recv_msg_size: 4
        keepalive: {enforcement_policy: {min_time: 5s}}
        auth: {authenticator: bearertokenauth}
        tls:
          cert_file: /tls.crt
          key_file: /tls.key
          ca_file: /ca.crt
          cipher_suites: [TLS_AES_128_GCM_SHA256]
processors: {memory_limiter: {}, batch: {}}
exporters: {otlp_http: {endpoint: "http://x:4318"}}
memory_limiter: {limit_percentage: 80}
destinations:
  otlp_http/siem:
    endpoint: http://x:4318
    tls: {insecure: true, insecure_skip_verify: true}
    sending_queue:
      enabled: true
      num_consumers: 10
      storage: file_storage
      block_on_overflow: true
      sizer: bytes
      batch: {flush_timeout: 200ms, min_size: 8192}
    retry_on_failure: {enabled: true, max_elapsed_time: 0, multiplier: 1.5}
    encoding: json
service: {pipelines: {}}
`);
  expectLines(lines, [
    /:1 +extensions +belongs to a collector: leave it out/,
    /:3 +receivers\.file_log\/audit +.*receivers\.otlp\.protocols\.grpc\.endpoint$/,
    /:6 +receivers\.otlp\.protocols\.http\.read_timeout +.*leave it out$/,
    /:6 +receivers\.otlp\.protocols\.http\.logs_url_path +.*always \/v1\/logs/,
    /:8 +receivers\.otlp\.protocols\.grpc\.transport +.*unix:\/\/\/PATH in endpoint/,
    /:9 +receivers\.otlp\.protocols\.grpc\.max_recv_msg_size +.*max_recv_msg_size_mib/,
    /:10 +receivers\.otlp\.protocols\.grpc\.keepalive\.enforcement_policy +.*leave it out$/,
    /:11 +receivers\.otlp\.protocols\.grpc\.auth\.authenticator +.*tokens: \[\{file: PATH\}\]/,
    /:15 +receivers\.otlp\.protocols\.grpc\.tls\.ca_file +.*write client_ca_file$/,
    /:16 +receivers\.otlp\.protocols\.grpc\.tls\.cipher_suites +.*leave it out$/,
    /:17 +processors +belongs to a collector: leave it out .*memory_limiter .*sending_queue\.batch/,
    /:18 +exporters +.*under destinations/,
    /:19 +memory_limiter\.limit_percentage +.*write limit_mib$/,
    /:23 +destinations\.otlp_http\/siem\.tls\.insecure_skip_verify +.*ca_file$/,
    /:25 +destinations\.otlp_http\/siem\.sending_queue\.enabled +.*leave it out$/,
    /:26 +destinations\.otlp_http\/siem\.sending_queue\.num_consumers +.*one request at a time/,
    /:27 +destinations\.otlp_http\/siem\.sending_queue\.storage +.*in memory/,
    /:28 +destinations\.otlp_http\/siem\.sending_queue\.block_on_overflow +.*write on_full/,
    /:29 +destinations\.otlp_http\/siem\.sending_queue\.sizer +bytes is not there: .*items/,
    /:30 +destinations\.otlp_http\/siem\.sending_queue\.batch\.flush_timeout +.*at once/,
    /:30 +destinations\.otlp_http\/siem\.sending_queue\.batch\.min_size +.*at once/,
    /:31 +destinations\.otlp_http\/siem\.retry_on_failure\.enabled +.*until the destination decides/,
    /:31 +destinations\.otlp_http\/siem\.retry_on_failure\.max_elapsed_time +.*until the destination decides/,
    /:31 +destinations\.otlp_http\/siem\.retry_on_failure\.multiplier +.*doubles/,
    /:32 +destinations\.otlp_http\/siem\.encoding +.*write protocol/,
    /:33 +service +belongs to a collector: leave it out/,
  ]);
  expect(errors('receivers: otlp')).toEqual([expect.stringMatching(/receivers +wants a map, has "otlp"/)]);
});

describe('an error says where, what is wanted and what is there', () => {
  test.each([
    [
      'receivers:\n  otlp:\n    protocols:\n      grpc:\n        endpont: x:1',
      '5  receivers.otlp.protocols.grpc.endpont  is not a key here; did you mean "endpoint"?',
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
    [
      'destinations:\n  siem: {protocol: console, format: cef}',
      '2  destinations.siem.format  wants otel, splunk or ocsf, has "cef"; did you mean "ocsf"?',
    ],
    [
      'destinations:\n  siem: {protocol: console, max_event_kib: 4}',
      '2  destinations.siem.max_event_kib  wants a whole number from 8 to 65536, has 4',
    ],
    [
      'destinations:\n  siem: {protocol: console, splunk: {index: risk}}',
      '2  destinations.siem.splunk  is for format: splunk',
    ],
    [
      'risk:\n  redaction:\n    patterns:\n      - a+\n      - (?<=a)b',
      '5  risk.redaction.patterns[1]  is not a regular expression for RE2: invalid named capture: `(?<=a)b`; look-arounds, backreferences and possessive repetition are not supported, because their matching time has no bound',
    ],
    [
      'risk: {redaction: {patterns: [1]}}',
      '1  risk.redaction.patterns[0]  wants a regular expression in the syntax of RE2, has 1',
    ],
    ['storage: {kind: sqlite}', '1  storage.directory  is missing: the path of a folder on a local disk'],
    ['storage: {directory: /data}', '1  storage.directory  has no effect without kind: sqlite'],
    ['rules: {packs: [splunk]}', '1  rules.packs[0]  wants escu or sidewatch, has "splunk"'],
    ['rules: {files: [""]}', '1  rules.files[0]  wants a path or a glob pattern, has ""'],
    ['rules: {result_filters: {a: x}}', ''],
    [
      'rules: {result_filters: x}',
      '1  rules.result_filters  wants a map of rule ids or names to Sigma detections, has "x"',
    ],
    [
      'receivers: {otlp: {protocols: {grpc: {endpoint: localhost}}}}',
      '1  receivers.otlp.protocols.grpc.endpoint  wants host:port, with an IPv6 address in brackets, or unix:///PATH, has "localhost"',
    ],
    [
      'receivers: {otlp: {protocols: {grpc: {endpoint: "::1:4317"}}}}',
      '1  receivers.otlp.protocols.grpc.endpoint  wants host:port, with an IPv6 address in brackets, or unix:///PATH, has "::1:4317"',
    ],
    [
      'receivers: {otlp: {protocols: {grpc: {endpoint: "localhost:65536"}}}}',
      '1  receivers.otlp.protocols.grpc.endpoint  wants host:port, with an IPv6 address in brackets, or unix:///PATH, has "localhost:65536"',
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
      'destinations: {a: {protocol: console, retry_on_failure: {max_interval: 10ms}}}',
      '1  destinations.a.retry_on_failure.max_interval  is less than initial_interval (without a value it is 30s)',
    ],
    ['telemetry: {logs: {level: debug}}', '1  telemetry.logs.level  wants info, warn or error, has "debug"'],
    [
      'destinations: {siem: }',
      '1  destinations.siem.endpoint  is missing; wants an http or https URL without user and password, or logs_endpoint in its place',
    ],
    [
      'destinations: {siem: {endpoint: "siem:4318"}}',
      '1  destinations.siem.endpoint  wants an http or https URL without user and password, unless protocol is grpc, has "siem:4318"',
    ],
    [
      'destinations: {siem: {endpoint: "https://me:hunter2@siem"}}',
      '1  destinations.siem.endpoint  wants an http or https URL without user and password; with protocol: grpc also host:port or unix:///PATH, has "https://***@siem"',
    ],
    ['destinations: {siem: {protocol: grpc, endpoint: "http://siem"}}', ''],
    ['destinations: {siem: {protocol: grpc, endpoint: "siem:4317", tls: {insecure: true}}}', ''],
    ['destinations: {siem: {protocol: grpc, endpoint: "unix:///run/siem.sock", keepalive: {time: 5m}}}', ''],
    ['destinations: {siem: {endpoint: "http://siem:4318", tls: {insecure: true}}}', ''],
    [
      'destinations: {siem: {protocol: grpc}}',
      '1  destinations.siem.endpoint  is missing; wants host:port or an http or https URL without user and password',
    ],
    [
      'destinations: {siem: {protocol: grpc, endpoint: "http://siem:4317/v1/logs"}}',
      '1  destinations.siem.endpoint  has a path, which needs protocol: http/protobuf',
    ],
    [
      'destinations: {siem: {protocol: grpc, logs_endpoint: "http://siem:4317"}}',
      '1  destinations.siem.logs_endpoint  is for HTTP: with protocol: grpc write endpoint',
    ],
    [
      'destinations: {siem: {protocol: grpc, endpoint: "https://siem", tls: {insecure: true}}}',
      '1  destinations.siem.tls.insecure  contradicts https:// in endpoint',
    ],
    [
      'destinations: {siem: {endpoint: "http://siem", keepalive: {time: 5m}}}',
      '1  destinations.siem.keepalive  needs protocol: grpc',
    ],
    [
      'destinations: {siem: {protocol: grpc, endpoint: "siem:4317", headers: {"a!b": c}}}',
      '1  destinations.siem.headers.a!b  cannot be sent over gRPC: its name may have letters, digits and - _ . and its value printable ASCII',
    ],
    [
      'destinations: {siem: {endpoint: "http://siem", headers: {Content-Type: text/plain}}}',
      '1  destinations.siem.headers.Content-Type  is a header that Sidewatch sets itself: leave it out',
    ],
    [
      'destinations: {siem: {endpoint: "http://siem", headers: {Authorization: x}, headers_from_files: {authorization: {file: /t}}}}',
      '1  destinations.siem.headers_from_files.authorization  is the same header as headers.Authorization',
    ],
    [
      'destinations: {siem: {endpoint: "http://siem", headers_from_files: {authorization: /t}}}',
      '1  destinations.siem.headers_from_files.authorization  wants a map, has "/t"',
    ],
    [
      'destinations: {siem: {endpoint: "http://siem", headers_from_event: {x: {attribute: a}}}}',
      '1  destinations.siem.headers_from_event.x.default  is missing; wants a value',
    ],
    [
      'destinations: {siem: {endpoint: "http://siem", headers_from_event: {x: {attribute: a, default: é}}}}',
      '1  destinations.siem.headers_from_event.x.default  wants printable ASCII without spaces around it, has "é"',
    ],
    [
      'destinations: {siem: {protocol: grpc, endpoint: "siem:1", headers_from_event: {x-bin: {attribute: a, default: b}}}}',
      '1  destinations.siem.headers_from_event.x-bin  would have to hold bytes: over gRPC its name says so',
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
    protocol: udp
    timeout: soon
`),
  ).toEqual([
    'sidewatch.yaml:1  reciever                    is not a key here; did you mean "receivers"?',
    'sidewatch.yaml:3  client.ipv6_prefix          wants a whole number from 0 to 128, has "five"',
    'sidewatch.yaml:5  geo.city                    needs the environment variable NOPE, which is not set; ${env:NOPE:-} makes it optional',
    'sidewatch.yaml:7  destinations.siem.endpoint  is missing; wants an http or https URL without user and password, or logs_endpoint in its place',
    'sidewatch.yaml:8  destinations.siem.protocol  wants http/protobuf, http/json, grpc or console, has "udp"',
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
    ['a token in place of its file', 'receivers: {otlp: {protocols: {grpc: {auth: {tokens: [hunter2]}}}}}'],
    ['a token in place of a list', 'receivers: {otlp: {protocols: {grpc: {auth: {tokens: hunter2}}}}}'],
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

describe('older names', () => {
  test('are errors that say the new name', () => {
    const lines = errors(`receivers: {otlp: {protocols: {grpc: {max_held_mib: 1}}}}
delivery:
  outbox: 5
  batch: 5
  initial_backoff: 1s
  max_backoff: 1s
`);
    expectLines(lines, [
      /:1 +receivers\.otlp\.protocols\.grpc\.max_held_mib +.*write limits\.requests_mib$/,
      /:3 +delivery\.outbox +.*write destinations\.NAME\.sending_queue\.queue_size$/,
      /:4 +delivery\.batch +.*write destinations\.NAME\.sending_queue\.batch\.max_size$/,
      /:5 +delivery\.initial_backoff +.*write destinations\.NAME\.retry_on_failure\.initial_interval$/,
      /:6 +delivery\.max_backoff +.*write destinations\.NAME\.retry_on_failure\.max_interval$/,
    ]);
  });

  test('the short form of a receiver is read, with a warning and its own places', () => {
    const loaded = load(
      'receivers:\n  otlp:\n    grpc: {max_recv_msg_size_mib: "${env:SIZE}", endpoint: "[::1]:0"}\n',
    );
    if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
    expect(loaded.config.receivers.otlp?.protocols.grpc).toEqual({
      ...GRPC,
      endpoint: '[::1]:0',
      max_recv_msg_size_mib: 32,
    });
    expect(loaded.config.place?.(['receivers', 'otlp', 'protocols', 'grpc', 'endpoint'])).toBe(
      'sidewatch.yaml:3',
    );
    expect(loaded.warnings).toEqual([
      'sidewatch.yaml:3  receivers.otlp.grpc  is the short form; write receivers.otlp.protocols.grpc, as in the collector',
    ]);
    expectLines(errors('receivers:\n  otlp:\n    grpc: {endpont: x}\n'), [
      /:3 +receivers\.otlp\.protocols\.grpc\.endpont +is not a key here; did you mean "endpoint"/,
    ]);
  });

  test('the short form beside the long one is an error', () => {
    expectLines(errors('receivers: {otlp: {grpc: {}, protocols: {}}}'), [
      /receivers\.otlp\.grpc +is the short form/,
    ]);
  });
});

describe('a receiver that other machines can reach', () => {
  const grpc = (keys: string) => errors(`receivers: {otlp: {protocols: {grpc: {${keys}}}}}`);

  test.each(['otlp: {protocols: {http: KEYS}}', 'kubernetes_audit_webhook: KEYS'])(
    'counts for every receiver: %s',
    (receiver) => {
      const open = (keys: string) => errors(`receivers: {${receiver.replace('KEYS', keys)}}`);
      expectLines(open('{endpoint: "0.0.0.0:1"}'), [
        /\.tls +is missing.*cert_file.*allow_plaintext: true/,
        /\.auth\.tokens +is missing.*client_ca_file.*allow_unauthenticated: true/,
      ]);
      expect(open('{endpoint: "0.0.0.0:1", allow_plaintext: true, allow_unauthenticated: true}')).toEqual([]);
    },
  );

  const TLS = 'tls: {cert_file: /c, key_file: /k}';

  test('wants TLS and authentication, and the error names the keys', () => {
    for (const endpoint of ['0.0.0.0:4317', '[::]:4317', '10.0.0.1:4317', 'sidewatch.example:4317'])
      expectLines(grpc(`endpoint: "${endpoint}"`), [
        /grpc\.tls +is missing.*cert_file.*allow_plaintext: true/,
        /grpc\.auth\.tokens +is missing.*client_ca_file.*allow_unauthenticated: true/,
      ]);
  });

  test.each([
    ['both words', 'allow_plaintext: true, allow_unauthenticated: true'],
    ['TLS and tokens', `${TLS}, auth: {tokens: [{file: /t}]}`],
    ['TLS that asks for a certificate', 'tls: {cert_file: /c, key_file: /k, client_ca_file: /ca}'],
    ['tokens in plaintext', 'allow_plaintext: true, auth: {tokens: [{file: /t}]}'],
  ])('takes %s', (_, keys) => {
    expect(grpc(`endpoint: "0.0.0.0:4317", ${keys}`)).toEqual([]);
  });

  test.each([
    ['TLS alone', TLS, /grpc\.auth\.tokens/],
    ['tokens alone', 'auth: {tokens: [{file: /t}]}', /grpc\.tls/],
    ['allow_plaintext alone', 'allow_plaintext: true', /grpc\.auth\.tokens/],
    ['allow_unauthenticated alone', 'allow_unauthenticated: true', /grpc\.tls/],
    ['an empty section', 'allow_unauthenticated: true, tls: ', /grpc\.tls\.cert_file +is missing/],
  ])('does not take %s', (_, keys, missing) => {
    expect(grpc(`endpoint: "0.0.0.0:4317", ${keys}`)[0]).toMatch(missing);
  });

  test('is not one on a loopback address or a unix socket', () => {
    for (const endpoint of [
      'localhost:1',
      '127.0.0.1:1',
      '127.8.8.8:1',
      '[::1]:1',
      'unix:///run/otlp.sock',
      'unix:otlp.sock',
    ])
      expect(grpc(`endpoint: "${endpoint}"`)).toEqual([]);
  });

  test('the console wants tokens, and the word that allows plaintext; health and metrics want nothing', () => {
    expectLines(errors('telemetry: {console: {endpoint: "0.0.0.0:1"}}'), [
      /console\.allow_plaintext +is missing/,
      /console\.auth\.tokens +is missing, and .* shows risk events: .*localhost.*- file: PATH here/,
    ]);
    const open = 'allow_plaintext: true, auth: {tokens: [{file: /t}]}';
    expect(errors(`telemetry: {console: {endpoint: "0.0.0.0:1", ${open}}}`)).toEqual([]);
    expectLines(errors('telemetry: {console: {allow_unauthenticated: true}}'), [
      /console\.allow_unauthenticated +is not there: the console shows risk events; write tokens/,
    ]);
    expect(errors('telemetry: {health: {endpoint: ":::1"}}')).toHaveLength(1);
    expect(errors('telemetry: {health: {endpoint: "0.0.0.0:1"}, metrics: {endpoint: "0.0.0.0:2"}}')).toEqual(
      [],
    );
  });
});

test('the memory limiter wants a limit above its spike', () => {
  expectLines(errors('memory_limiter: {limit_mib: 100, spike_limit_mib: 100}'), [
    /memory_limiter\.spike_limit_mib +is not less than limit_mib/,
  ]);
  expectLines(errors('memory_limiter: {spike_limit_mib: 10}'), [/memory_limiter\.limit_mib +is missing/]);
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
