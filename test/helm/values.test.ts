import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART } from './chart-files.ts';
import { manifests, only, render, renderedText, runHelm, type Values } from './render.ts';

const VALUES: Readonly<Record<string, unknown>> = parse(readFileSync(`${CHART}values.yaml`, 'utf8'));

const containerOf = (values: Values) =>
  only(render('plaintext', values), 'StatefulSet').spec.template.spec.containers[0];
const configOf = (values: Values) =>
  parse(only(render('plaintext', values), 'ConfigMap', /^sidewatch$/).data!['sidewatch.yaml']!);
const grpcOf = (values: Values) => configOf(values).receivers.otlp.protocols.grpc;

describe('null removes', () => {
  const needed = ['image', 'security', 'networkPolicy', 'ports', 'service'];

  test.each(Object.keys(VALUES).filter((key) => !needed.includes(key)))('%s', (key) => {
    expect(manifests(renderedText('plaintext', { [key]: null })).length).toBeGreaterThan(4);
  });

  test('a key of the configuration, also one that the chart sets', () => {
    expect(configOf({ config: { telemetry: { metrics: null } } }).telemetry).not.toHaveProperty('metrics');
    expect(configOf({ config: { limits: null } })).not.toHaveProperty('limits');
    expect(configOf({ config: { limits: { groups: null } } }).limits).toEqual({});
  });
});

describe('the schema lets through', () => {
  test('references, which Sidewatch expands, in the place of any value', () => {
    const limits = { groups: '${env:GROUPS}', values: '${file:/values}' };
    const given = { limits, delivery: '${file:/delivery}', rules: { packs: '${env:PACKS}' } };
    expect(configOf({ config: given })).toMatchObject(given);
  });

  test("templates, the parent chart's values and its condition", () => {
    const config = { telemetry: { logs: { level: '{{ .Values.global.level }}' } } };
    const { telemetry } = configOf({ global: { level: 'warn' }, enabled: true, config });
    expect(telemetry.logs).toEqual({ encoding: 'json', level: 'warn' });
  });

  test('one name in the place of a list', () => {
    const routes = [{ level: 'high', to: 'siem' }, { to: ['siem'] }];
    const destinations = { siem: { endpoint: 'http://siem:4318' } };
    expect(configOf({ config: { destinations, routes } }).routes).toEqual(routes);
  });

  test('a TLS version that YAML reads as a number', () => {
    const config = { receivers: { otlp: { protocols: { grpc: { tls: { min_version: 1.3 } } } } } };
    expect(only(render('tls', { config }), 'ConfigMap', /^sidewatch$/).data!['sidewatch.yaml']!).toContain(
      'min_version: 1.3',
    );
  });
});

describe('`config`', () => {
  test('is merged over what the chart sets: false, 0 and empty values too', () => {
    const grpc = { allow_unauthenticated: false, max_connections: 5 };
    expect(grpcOf({ config: { receivers: { otlp: { protocols: { grpc } } } } })).toEqual({
      endpoint: '${env:MY_POD_IP}:14317',
      allow_plaintext: true,
      ...grpc,
    });
  });

  test('keeps large whole numbers whole', () => {
    expect(only(render('config'), 'ConfigMap', /^sidewatch$/).data!['sidewatch.yaml']!).toContain(
      'groups: 1000000\n',
    );
  });

  test('adds to rules.files: the folder of the chart stays', () => {
    expect(configOf({ config: { rules: { files: ['/own'] } } }).rules.files).toEqual([
      '/etc/sidewatch/rules',
      '/own',
    ]);
  });
});

describe('persistence', () => {
  const claimsOf = (values: Values) =>
    render('plaintext', values).filter(({ kind }) => kind === 'PersistentVolumeClaim');
  const storeOf = (values: Values) =>
    only(render('plaintext', values), 'StatefulSet').spec.template.spec.volumes.find(
      ({ name }: { name: string }) => name === 'store',
    );

  test('is on: a claim of the chart for one pod, which an uninstall leaves, mounted where the store is', () => {
    const [claim] = claimsOf({});
    expect(claim).toMatchObject({
      metadata: { name: 'sidewatch-store', annotations: { 'helm.sh/resource-policy': 'keep' } },
      spec: { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '2Gi' } } },
    });
    expect(claim!.spec).not.toHaveProperty('storageClassName');
    expect(storeOf({})).toEqual({
      name: 'store',
      persistentVolumeClaim: { claimName: 'sidewatch-store' },
    });
    const { storage } = configOf({});
    expect(containerOf({}).volumeMounts).toContainEqual({ name: 'store', mountPath: storage.directory });
    expect(storage.kind).toBe('sqlite');
    // The user that writes there belongs to the group of the volume.
    const { securityContext } = only(render('plaintext'), 'StatefulSet').spec.template.spec;
    expect(securityContext).toMatchObject({ runAsUser: 65532, fsGroup: 65532 });
  });

  test('takes a claim of yours in place of it', () => {
    const values = { persistence: { existingClaim: '{{ .Release.Name }}-kept', size: null } };
    expect(claimsOf(values)).toEqual([]);
    expect(storeOf(values).persistentVolumeClaim).toEqual({ claimName: 'sidewatch-kept' });
  });

  test('off: no claim, no volume, and nothing that asks for a store', () => {
    const values = { persistence: { enabled: false } };
    expect(claimsOf(values)).toEqual([]);
    expect(storeOf(values)).toBeUndefined();
    expect(configOf(values)).not.toHaveProperty('storage');
    expect(containerOf(values).volumeMounts).toHaveLength(2);
  });

  test('off: a store on a volume of yours is yours', () => {
    const storage = { kind: 'sqlite', directory: '/data' };
    expect(configOf({ persistence: { enabled: false }, config: { storage } }).storage).toEqual(storage);
  });

  test('on: `config.storage` may say where on the volume, and what comes in later is not checked', () => {
    const storage = { directory: '/var/lib/sidewatch/a' };
    expect(configOf({ config: { storage } }).storage).toEqual({ kind: 'sqlite', ...storage });
    for (const later of ['${file:/storage}', { kind: '${env:KIND}', directory: '${env:FOLDER}' }])
      expect(configOf({ config: { storage: later } }).storage).toEqual(later);
  });
});

describe('security', () => {
  test('plaintext sets both words; with tokens only the first', () => {
    expect(grpcOf({})).toMatchObject({ allow_plaintext: true, allow_unauthenticated: true });
    const tokens = [{ secretName: 'tokens' }];
    expect(grpcOf({ security: { tokens } })).toEqual({
      endpoint: '${env:MY_POD_IP}:14317',
      allow_plaintext: true,
      auth: { tokens: [{ file: '/etc/sidewatch/tokens-0/tokens' }] },
    });
  });

  test('everybody may send over TLS where that is said', () => {
    const config = { receivers: { otlp: { protocols: { grpc: { allow_unauthenticated: true } } } } };
    const text = renderedText('tls', { config, security: { tokens: [] } });
    expect(text).toContain('allow_unauthenticated: true');
  });
});

describe('further receivers', () => {
  const on = {
    otlpHttp: { enabled: true, nodePort: 30318 },
    auditWebhook: { enabled: true, nodePort: 30765 },
    service: { type: 'NodePort', nodePort: 30317 },
  };
  const open = { networkPolicy: { enabled: true } };
  const portsOf = (all: ReturnType<typeof render>) =>
    only(all, 'Service', /^sidewatch$/).spec.ports.map((one: { name: string }) => one.name);

  test('are off by default', () => {
    const all = render('tls', open);
    expect(portsOf(all)).toEqual(['otlp-grpc']);
    expect(only(all, 'NetworkPolicy', /sidewatch$/).spec.ingress).toHaveLength(3);
    expect(only(all, 'ConfigMap', /^sidewatch$/).data!['sidewatch.yaml']).not.toMatch(/http:|webhook/);
  });

  test('have the TLS and the tokens of gRPC, and a port in the pod, the Service and on the nodes', () => {
    const all = render('tls', on);
    const config = parse(only(all, 'ConfigMap', /^sidewatch$/).data!['sidewatch.yaml']!);
    const { grpc, http } = config.receivers.otlp.protocols;
    expect(grpc.auth.tokens).toHaveLength(2);
    expect(http).toEqual({ ...grpc, endpoint: '${env:MY_POD_IP}:14318' });
    expect(config.receivers.kubernetes_audit_webhook).toEqual({
      ...grpc,
      endpoint: '${env:MY_POD_IP}:9765',
    });
    expect(only(all, 'Service', /^sidewatch$/).spec.ports).toMatchObject([
      { name: 'otlp-grpc', port: 4317, appProtocol: 'grpc', nodePort: 30317 },
      { name: 'otlp-http', port: 4318, appProtocol: 'https', nodePort: 30318 },
      { name: 'audit-webhook', port: 9765, appProtocol: 'https', nodePort: 30765 },
    ]);
    const { ports } = only(all, 'StatefulSet').spec.template.spec.containers[0];
    expect(ports.slice(0, 3)).toMatchObject([
      { name: 'otlp-grpc', containerPort: 14317 },
      { name: 'otlp-http', containerPort: 14318 },
      { name: 'audit-webhook', containerPort: 9765 },
    ]);
  });

  test('take senders by the NetworkPolicy: of OTLP the same, of the webhook any until they are named', () => {
    const ingressOf = (more: object) =>
      only(render('tls', { ...on, networkPolicy: { enabled: true, ...more } }), 'NetworkPolicy', /sidewatch$/)
        .spec.ingress;
    const [otlp, webhook] = ingressOf({});
    expect(otlp).toMatchObject({ ports: [{ port: 'otlp-grpc' }, { port: 'otlp-http' }], from: [{}] });
    expect(webhook).toEqual({ ports: [{ port: 'audit-webhook', protocol: 'TCP' }] });
    const allowWebhookFrom = [{ ipBlock: { cidr: '192.0.2.0/24' } }];
    const allowIngressFrom = [{ podSelector: { matchLabels: { app: 'a' } } }];
    expect(ingressOf({ allowWebhookFrom, allowIngressFrom })).toMatchObject([
      { from: allowIngressFrom },
      { from: allowWebhookFrom },
      {},
      {},
    ]);
  });

  test('may each leave out what the other senders need', () => {
    const config = {
      receivers: {
        kubernetes_audit_webhook: { auth: null },
        otlp: { protocols: { grpc: { tls: { client_ca_file: null } } } },
      },
    };
    const all = render('tls', { ...on, config, security: { clientCA: { secretName: 'ca' } } });
    const { receivers } = parse(only(all, 'ConfigMap', /^sidewatch$/).data!['sidewatch.yaml']!);
    expect(receivers.kubernetes_audit_webhook).not.toHaveProperty('auth');
    expect(receivers.kubernetes_audit_webhook.tls).toHaveProperty('client_ca_file');
    expect(receivers.otlp.protocols.grpc).toHaveProperty('auth');
    expect(receivers.otlp.protocols.grpc.tls).not.toHaveProperty('client_ca_file');
  });
});

describe('helm test', () => {
  const testOf = (feature: string, values: Values = {}) =>
    render(feature, values).filter(({ metadata }) => metadata.name === 'sidewatch-scan-test');
  const podOf = (feature: string, values: Values = {}) => only(testOf(feature, values), 'Pod').spec;

  test('may send while it runs, also where others may not, and gets no traffic of the Service', () => {
    const all = render('plaintext', { networkPolicy: { allowIngressFrom: [{ podSelector: {} }] } });
    const { labels } = only(all, 'Pod').metadata as { labels?: Record<string, string> };
    const policy = only(all, 'NetworkPolicy', /scan-test/).spec;
    expect(labels).toMatchObject(policy.ingress[0].from[0].podSelector.matchLabels);
    const { selector } = only(all, 'Service', /^sidewatch$/).spec;
    expect(policy.podSelector.matchLabels).toEqual(selector);
    expect(labels).not.toMatchObject(selector);
  });

  test('reads the certificate of the receiver without its key, the first token and a client certificate', () => {
    const { containers, volumes } = podOf('mtls', { security: { tokens: [{ secretName: 't', key: 'a' }] } });
    expect(volumes[0].projected.sources).toEqual([
      { secret: { name: 'sidewatch-tls', items: [{ key: 'server.pem', path: 'receiver.crt' }] } },
      {
        secret: {
          name: 'scan-test-client',
          items: [
            { key: 'client.pem', path: 'client.crt' },
            { key: 'client-key.pem', path: 'client.key' },
          ],
        },
      },
      { secret: { name: 't', items: [{ key: 'a', path: 'token' }] } },
    ]);
    const folder = '/etc/sidewatch/scan-test';
    expect(containers[0].args).toEqual(
      expect.arrayContaining([
        `--ca-file=${folder}/receiver.crt`,
        `--cert-file=${folder}/client.crt`,
        `--key-file=${folder}/client.key`,
        `--token-file=${folder}/token`,
      ]),
    );
  });

  test('is off where it is turned off, and where it has no client certificate but needs one', () => {
    expect(testOf('plaintext', { scanTest: { enabled: false } })).toEqual([]);
    expect(testOf('mtls', { scanTest: { clientTLS: null } })).toEqual([]);
    const config = { receivers: { otlp: { protocols: { grpc: { tls: { client_ca_file: null } } } } } };
    expect(testOf('mtls', { scanTest: { clientTLS: null }, config })).not.toEqual([]);
  });

  test('does not ask for metrics that are off', () => {
    const { args } = podOf('plaintext', { config: { telemetry: { metrics: null } } }).containers[0];
    expect(args.join(' ')).not.toContain('--metrics');
  });
});

test.each([
  [{ repository: 'sidewatch' }, 'sidewatch:dev'],
  [{ registry: 'r.example.com', repository: 'a/b', tag: '7' }, 'r.example.com/a/b:7'],
  [{ repository: 'a', digest: `sha256:${'0'.repeat(64)}` }, `a@sha256:${'0'.repeat(64)}`],
])('the image %j is %s', (image, name) => {
  expect(containerOf({ image }).image).toBe(name);
});

test.each([
  ['768Mi', 460],
  ['1Gi', 614],
  ['1.5Gi', 921],
  ['500M', 285],
  [805306368, 460],
  ['805306368', 460],
  ['786432Ki', 460],
])('a memory limit of %s gives a heap of %d MiB', (memory, mib) => {
  const { env } = containerOf({ resources: { limits: { memory } } });
  expect(env).toContainEqual({ name: 'NODE_OPTIONS', value: `--max-old-space-size=${mib}` });
});

test.each([
  ['256Mi', 153],
  ['420Mi', 270],
  ['768Mi', 614],
  ['2Gi', 1638],
])(
  'a memory limit of %s is %d MiB for the memory limiter: the process needs room beside it',
  (memory, mib) => {
    expect(configOf({ resources: { limits: { memory } } }).memory_limiter.limit_mib).toBe(mib);
  },
);

test('without a memory limit V8 and the memory limiter have none of ours', () => {
  const resources = { limits: { memory: null } };
  const names = containerOf({ resources }).env.map(({ name }: { name: string }) => name);
  expect(names).not.toContain('NODE_OPTIONS');
  expect(configOf({ resources })).not.toHaveProperty('memory_limiter');
});

test('every value is described', () => {
  const page = readFileSync(new URL('../../docs/installing/chart.md', import.meta.url), 'utf8');
  for (const key of Object.keys(VALUES)) expect(page, key).toMatch(new RegExp(`\`${key}\\b`));
});

test('the notes name what matters', () => {
  const args = ['install', 'sidewatch', CHART, '--dry-run=client', '--namespace', 'security'];
  const values = {
    image: { repository: 'sidewatch' },
    security: { mode: 'plaintext' },
    networkPolicy: { enabled: true },
  };
  const { out, err } = runHelm(args, values);
  expect(out, err).toContain('NO DESTINATION: risk events go to the pod');
  expect(out).toContain('endpoint: sidewatch.security.svc:4317');
  expect(out).not.toMatch(/webhook|otlp_http/i);
  expect(out).not.toContain('MEMORY: ');
  expect(out).toContain('on the volume of the claim sidewatch-store: a restart of the pod loses nothing.');
  expect(out).toContain('helm uninstall leaves the claim.');
  const off = runHelm(args, { ...values, persistence: { enabled: false } }).out;
  expect(off).toContain('MEMORY: nothing is on disk. Each restart of the pod, also an upgrade, loses');
  const receivers = {
    ...values,
    security: { mode: 'tls', tls: { secretName: 'a' }, tokens: [{ secretName: 'b' }] },
    otlpHttp: { enabled: true },
    auditWebhook: { enabled: true },
    service: { clusterIP: '10.96.0.50' },
  };
  const notes = runHelm(args, receivers).out;
  expect(notes).toContain('https://sidewatch.security.svc:4318');
  expect(notes).toContain('https://10.96.0.50:9765/clusters/NAME');
  expect(notes).toContain('WEBHOOK: any source can reach the audit webhook');
});
