import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Detection } from '../../src/model/hit.ts';
import type { RiskEvent } from '../../src/model/risk.ts';
import { routing } from '../../src/setup/routing.ts';
import { EXAMPLES, example, type Yaml } from '../support/examples.ts';
import { sidewatch } from '../support/sidewatch.ts';
import { aRiskEvent } from '../unit/export/loopback.ts';
import { included } from './parent-chart.ts';
import { podFiles } from './pod-files.ts';
import { type Manifest, manifests, only, render, runHelm } from './render.ts';
import { faultsInKubernetes, KUBERNETES } from './strict-schemas.ts';

// The other ways to install: each has a folder of examples and a page. Those of upstream and Splunk are in examples.test.ts.

const root = mkdtempSync(join(tmpdir(), 'sidewatch-ways-'));
afterAll(() => rmSync(root, { recursive: true }));

const text = (file: string) => readFileSync(`${EXAMPLES}${file}`, 'utf8');
const OPERATOR = parseAllDocuments(text('operator/collector.yaml')).map((one) => one.toJS() as Manifest);
const [GATEWAY, AGENT] = ['audit', 'audit-agent'].map((name) =>
  only(OPERATOR, 'OpenTelemetryCollector', new RegExp(`^${name}$`)),
);
const KUBE_STACK = example('kube-stack/values.yaml');
const ALLOY = example('alloy/values.yaml');

/** Where Sidewatch is a native sidecar: its pod, its ConfigMaps, and the addresses of the collector in its pod. */
const SIDECARS: Readonly<
  Record<string, { pod: Yaml; claims: readonly Yaml[]; maps: readonly Manifest[]; own: RegExp }>
> = {
  operator: {
    pod: GATEWAY!.spec,
    claims: GATEWAY!.spec.volumeClaimTemplates,
    maps: OPERATOR.filter(({ kind }) => kind === 'ConfigMap'),
    own: /^audit-collector\./,
  },
  'kube-stack': {
    pod: KUBE_STACK.collectors.audit,
    claims: KUBE_STACK.collectors.audit.volumeClaimTemplates,
    maps: KUBE_STACK.extraObjects,
    own: /^audit-collector/,
  },
  alloy: {
    pod: { initContainers: ALLOY.controller.initContainers, volumes: ALLOY.controller.volumes.extra },
    claims: ALLOY.controller.volumeClaimTemplates,
    maps: ALLOY.extraObjects,
    own: /^audit(\.|$)/,
  },
};

describe.each(Object.entries(SIDECARS))('Sidewatch in a pod of %s', (name, { pod, claims, maps, own }) => {
  const config = only(maps, 'ConfigMap', /-sidewatch$/).data!['sidewatch.yaml']!;

  test('is the container that the chart renders', () => {
    const rendered = included(
      '{{- include "sidewatch.container" (dict "root" .Subcharts.sidewatch "sidecar" "native" "volumePrefix" "sidewatch-") | nindent 2 }}',
      { image: { repository: 'sidewatch' } },
      'registry.example.com',
    );
    // The schema of kube-stack lets no probe of a container pass.
    const { livenessProbe: _, ...withoutProbe } = rendered;
    expect(pod.initContainers).toEqual([name === 'kube-stack' ? withoutProbe : rendered]);
    expect(claims).toMatchObject([
      {
        metadata: { name: 'sidewatch-store' },
        spec: only(render('plaintext'), 'PersistentVolumeClaim').spec,
      },
    ]);
  });

  test('has a configuration that is valid, with what the chart sets', async () => {
    const folder = join(root, name);
    mkdirSync(join(folder, 'rules'), { recursive: true });
    for (const [file, rules] of Object.entries(only(maps, 'ConfigMap', /-rules$/).data!))
      writeFileSync(join(folder, 'rules', file), rules);
    const file = join(folder, 'sidewatch.yaml');
    writeFileSync(file, config.replaceAll('/etc/sidewatch', folder).replaceAll('/var/lib/sidewatch', folder));
    const { code, out, err } = await sidewatch(['config', 'check', file], { env: { MY_POD_IP: '10.0.0.7' } });
    expect({ code, out, err }).toMatchObject({ code: 0, err: '' });
    const chart = only(render('plaintext', { config: { destinations: null } }), 'ConfigMap', /^sidewatch$/);
    const { receivers: __, destinations: ___, ...same } = parse(chart.data!['sidewatch.yaml']!);
    expect(parse(config)).toMatchObject(same);
  });

  test('sends to no collector of its pod, which stops first', () => {
    for (const { endpoint } of Object.values<Yaml>(parse(config).destinations)) {
      expect(new URL(endpoint).hostname).not.toMatch(/^(localhost|127\.|\[)/);
      expect(new URL(endpoint).hostname).not.toMatch(own);
    }
  });

  test.each(KUBERNETES)('is valid in Kubernetes %s', (version) => {
    const { initContainers, volumes } = pod;
    const store = { name: 'sidewatch-store', emptyDir: {} };
    const spec = {
      initContainers,
      volumes: [...volumes, store],
      containers: [{ name: 'collector', image: 'c:1' }],
    };
    const whole = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'audit' }, spec } as Manifest;
    expect(faultsInKubernetes(version, { name: [whole, ...maps] })).toBe('');
  });
});

test('the agents of operator and kube-stack read as those of the upstream chart do', () => {
  const upstream = example('upstream-collector/agents.yaml').config;
  for (const config of [AGENT!.spec.config, KUBE_STACK.collectors['audit-agent'].config]) {
    for (const receiver of ['file_log/audit', 'file_log/sidewatch'])
      expect(config.receivers[receiver]).toEqual(upstream.receivers[receiver]);
    const { endpoint: _, timeout: __, ...exporter } = config.exporters['otlp_grpc/sidewatch'];
    const { endpoint: ___, ...same } = upstream.exporters['otlp_grpc/sidewatch'];
    expect(exporter).toEqual(same);
  }
});

describe.each(['k3s', 'rke2', 'talos'])('on %s', (name) => {
  const { config, extraVolumes, extraVolumeMounts } = example(`distributions/${name}.yaml`);

  test('what is read is mounted, from the same place', () => {
    const { mountPath } = extraVolumeMounts.find((mount: Yaml) => mount.name === 'audit-log');
    expect(extraVolumes.find((volume: Yaml) => volume.name === 'audit-log').hostPath.path).toBe(mountPath);
    for (const { include } of Object.values<Yaml>(config.receivers))
      expect(include).toEqual([expect.stringContaining(`${mountPath}/`)]);
    const page = readFileSync(new URL('../../docs/audit-policy.md', import.meta.url), 'utf8');
    expect(page).toContain(`\`${mountPath}\` |`);
  });

  test('checkpoints and queues are where those of the agents are', () => {
    const agents = example('upstream-collector/agents.yaml');
    expect(extraVolumes[1]).toEqual(agents.extraVolumes[1]);
    expect(extraVolumeMounts[1]).toEqual(agents.extraVolumeMounts[1]);
  });
});

describe.each(['in-line', 'routing', 'webhook'])('our chart with the values of %s', (folder) => {
  const { code, out, err } = runHelm([
    'template',
    'sidewatch',
    'helm/sidewatch',
    '--values',
    `${EXAMPLES}${folder}/sidewatch.yaml`,
  ]);
  const all = manifests(out);

  test('renders manifests that are valid', () => {
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(faultsInKubernetes('1.37', { all })).toBe('');
  });

  test('has a configuration that Sidewatch accepts', async () => {
    using files = podFiles(all);
    const { env } = only(all, 'StatefulSet').spec.template.spec.containers[0];
    const made = env.flatMap(({ name, valueFrom }: Yaml) => (valueFrom?.secretKeyRef ? [[name, 'a']] : []));
    const { code, out, err } = await sidewatch(['config', 'check', files.config], {
      env: { MY_POD_IP: '10.0.0.7', ...Object.fromEntries(made) },
    });
    expect({ code, out, err }).toMatchObject({ code: 0, err: '' });
    expect(out).not.toContain('warning');
  });
});

test('in line, each hop waits longer than the next, and takes what the one before sends', () => {
  const { config } = example('in-line/sidewatch.yaml');
  const { exporters } = example('in-line/agents.yaml').config;
  const gateway = example('in-line/gateway.yaml');
  const sender = exporters['otlp_grpc/sidewatch'];
  expect(Number.parseInt(sender.timeout, 10)).toBeGreaterThan(Number.parseInt(config.forward.timeout, 10));
  const { grpc } = gateway.config.receivers.otlp.protocols;
  expect(grpc.max_recv_msg_size_mib * 2 ** 20).toBeGreaterThan(sender.sending_queue.batch.max_size);
  expect(new URL(config.forward.endpoint).port).toBe(grpc.endpoint.split(':').at(-1));
  const { port } = new URL(config.destinations.gateway.endpoint);
  expect(String(gateway.ports['otlp-risk'].servicePort)).toBe(port);
});

describe('routing', () => {
  const { destinations, routes } = example('routing/sidewatch.yaml').config;
  const loaded = loadConfig(
    { path: 'sidewatch.yaml', text: stringify({ destinations, routes, delivery: { directory: '/d' } }) },
    {},
    () => '',
  );
  const to = (score: number, level: RiskEvent['rank']['level'], namespace: string, cluster = 'prod-eu-1') => {
    if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
    const event = aRiskEvent('a', { 'sidewatch.k8s.object.namespace': namespace });
    return routing(loaded.config, Object.keys(destinations)).route({
      ...event,
      rank: { score, level },
      detection: { rule: 'id' } as Detection,
      resource: { 'k8s.cluster.name': cluster },
    });
  };

  test('sends all to the lake, and to the team what is severe or in its namespaces', () => {
    expect(to(20, 'low', 'web')).toEqual(['lake']);
    expect(to(60, 'medium', 'web')).toEqual(['siem', 'lake']);
    expect(to(50, 'high', 'web')).toEqual(['siem', 'lake']);
    expect(to(25, 'low', 'payments-eu')).toEqual(['siem', 'lake']);
    expect(to(25, 'low', 'payments-eu', 'test-eu-1')).toEqual(['lake']);
    expect(to(20, 'low', 'payments')).toEqual(['lake']);
  });
});

test('each way has a page, which names all files of its examples', () => {
  const pages: Readonly<Record<string, readonly string[]>> = {
    operator: ['operator/collector.yaml'],
    'kube-stack': ['kube-stack/values.yaml'],
    alloy: ['alloy/values.yaml', 'alloy/agents.yaml', 'alloy/k8s-monitoring.yaml'],
    'fluent-bit': ['fluent-bit/values.yaml'],
    distributions: ['distributions/k3s.yaml', 'distributions/rke2.yaml', 'distributions/talos.yaml'],
    'in-line': ['in-line/sidewatch.yaml', 'in-line/agents.yaml', 'in-line/gateway.yaml'],
    routing: ['routing/sidewatch.yaml'],
    webhook: ['webhook/sidewatch.yaml', 'webhook/kubeadm.yaml'],
  };
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const [name, files] of Object.entries(pages)) {
    const page = readFileSync(new URL(`../../docs/installing/${name}.md`, import.meta.url), 'utf8');
    for (const file of files) {
      expect(existsSync(`${EXAMPLES}${file}`), file).toBe(true);
      expect(page, name).toContain(file.split('/')[1]);
    }
    expect(readme).toContain(`docs/installing/${name}.md`);
  }
});

// Other people's charts are not in this repository. Their folders come in by environment variables.

const CHARTS = {
  kubeStack: process.env['SIDEWATCH_KUBE_STACK_CHART'],
  alloy: process.env['SIDEWATCH_ALLOY_CHART'],
  k8sMonitoring: process.env['SIDEWATCH_K8S_MONITORING_CHART'],
  fluentBit: process.env['SIDEWATCH_FLUENT_BIT_CHART'],
  upstream: process.env['SIDEWATCH_UPSTREAM_CHART'],
};
const AGENTS = 'upstream-collector/agents.yaml';

describe.each([
  ['kubeStack', ['kube-stack/values.yaml']],
  ['alloy', ['alloy/values.yaml']],
  ['alloy', ['alloy/agents.yaml']],
  ['k8sMonitoring', ['alloy/k8s-monitoring.yaml']],
  ['fluentBit', ['fluent-bit/values.yaml']],
  ['upstream', [AGENTS, 'distributions/k3s.yaml']],
  ['upstream', [AGENTS, 'distributions/rke2.yaml']],
  ['upstream', [AGENTS, 'distributions/talos.yaml']],
  ['upstream', ['in-line/agents.yaml']],
  ['upstream', ['in-line/gateway.yaml']],
] as const)('the chart %s', (chart, files) => {
  test.skipIf(!CHARTS[chart])(`renders with ${files.join(' and ')}`, () => {
    const all = foreign(CHARTS[chart]!, files);
    const own = all.filter(({ apiVersion }) => !/opentelemetry\.io|grafana\.com/.test(apiVersion));
    expect(faultsInKubernetes('1.37', { own })).toBe('');
    const collectors = all.filter(({ kind }) => kind === 'OpenTelemetryCollector');
    expect(collectors.flatMap(strangers)).toEqual([]);
  });
});

describe.skipIf(!CHARTS.kubeStack)('the collectors of the operator', () => {
  const collectors = OPERATOR.filter(({ kind }) => kind === 'OpenTelemetryCollector');

  test('have no key that its version does not know', () => {
    expect(collectors.flatMap(strangers)).toEqual([]);
    const wrong = structuredClone(GATEWAY!);
    wrong.spec.initContainers[0].restartpolicy = 'Always';
    expect(strangers(wrong)).toEqual(['spec.initContainers[0].restartpolicy']);
  });

  test('pass through extraObjects of kube-stack as they are', () => {
    const all = foreign(CHARTS.kubeStack!, [], { extraObjects: OPERATOR });
    for (const { metadata, spec } of collectors)
      expect(only(all, 'OpenTelemetryCollector', new RegExp(`^${metadata.name}$`)).spec).toEqual(spec);
  });
});

function foreign(
  chart: string,
  files: readonly string[],
  values?: Readonly<Record<string, unknown>>,
): readonly Manifest[] {
  const given = files.flatMap((file) => ['--values', `${EXAMPLES}${file}`]);
  const { code, out, err } = runHelm(['template', 'r', chart, '--namespace', 'audit', ...given], values);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return manifests(out);
}

/** Keys of a collector that the operator's own definition does not have. */
function strangers(manifest: Manifest): readonly string[] {
  const file = join(CHARTS.kubeStack!, 'charts/otel-crds/crds/opentelemetry.io_opentelemetrycollectors.yaml');
  const versions: readonly Yaml[] = parse(readFileSync(file, 'utf8')).spec.versions;
  const { schema } = versions.find(({ name }) => manifest.apiVersion.endsWith(`/${name}`));
  return unknownKeys(schema.openAPIV3Schema.properties.spec, manifest.spec, 'spec');
}

function unknownKeys(schema: Yaml, value: Yaml, path: string): readonly string[] {
  if (schema['x-kubernetes-preserve-unknown-fields']) return [];
  if (Array.isArray(value))
    return value.flatMap((one, i) => unknownKeys(schema.items ?? {}, one, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const known = schema.properties?.[key] ?? schema.additionalProperties;
    return known ? unknownKeys(known, below, `${path}.${key}`) : [`${path}.${key}`];
  });
}
