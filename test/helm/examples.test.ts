import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { EXAMPLES, example, upstreamSidewatch, type Yaml } from '../support/examples.ts';
import { sidewatch } from '../support/sidewatch.ts';
import { included } from './parent-chart.ts';
import { type Manifest, manifests, only, render, runHelm } from './render.ts';
import { faultsInKubernetes, KUBERNETES } from './strict-schemas.ts';
import { kubectl } from './tools.ts';

const root = mkdtempSync(join(tmpdir(), 'sidewatch-examples-'));
afterAll(() => rmSync(root, { recursive: true }));

const UPSTREAM = example('upstream-collector/values.yaml');
const OLDER = example('upstream-collector/extra-container.yaml');
const KUSTOMIZED = kustomized();
const KUSTOMIZED_POD = only(KUSTOMIZED, 'Deployment').spec.template.spec;

/** What kustomize makes of a gateway that has no more than a name. */
function kustomized(): readonly Manifest[] {
  const folder = join(root, 'gateway-sidecar');
  cpSync(join(EXAMPLES, 'splunk-collector', 'gateway-sidecar'), folder, { recursive: true });
  const labels = { app: 'gateway' };
  const gateway = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'splunk-otel-collector', namespace: 'splunk' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'otel-collector', image: 'c:1' }] } },
    },
  };
  writeFileSync(join(folder, 'all.yaml'), stringify(gateway));
  const { status, stdout, stderr } = spawnSync(kubectl(), ['kustomize', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return manifests(stdout);
}

describe('the container is as the chart renders it', () => {
  const rendered = (kind: string, extraVolumeMounts: readonly object[]) =>
    included(
      `{{- include "sidewatch.container" (dict "root" .Subcharts.sidewatch "sidecar" "${kind}" "volumePrefix" "sidewatch-") | nindent 2 }}`,
      { image: { repository: 'sidewatch' }, extraVolumeMounts },
      'registry.example.com',
    );
  const socket = [{ name: 'sidewatch-run', mountPath: '/run/sidewatch' }];

  test('and so is its volume for the store', () => {
    expect(UPSTREAM.statefulset.volumeClaimTemplates[1]).toMatchObject({
      metadata: { name: 'sidewatch-store' },
      spec: only(render('plaintext'), 'PersistentVolumeClaim').spec,
    });
    expect(KUSTOMIZED_POD.volumes).toContainEqual({
      name: 'sidewatch-store',
      emptyDir: {
        sizeLimit: only(render('plaintext'), 'PersistentVolumeClaim').spec.resources.requests.storage,
      },
    });
  });

  test('in the pod of the upstream chart', () => {
    expect(UPSTREAM.initContainers).toEqual([rendered('native', socket)]);
  });

  test('in the same pod before Kubernetes 1.29', () => {
    expect(OLDER).toEqual({ initContainers: [], extraContainers: [rendered('container', socket)] });
  });

  test("in the pod of the Splunk chart's gateway", () => {
    expect(KUSTOMIZED_POD.initContainers).toEqual([rendered('native', [])]);
  });
});

const OWN_RULES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  upstream: UPSTREAM.extraManifests[1].data,
  gateway: only(KUSTOMIZED, 'ConfigMap', /^sidewatch-rules$/).data!,
};

describe.each([
  ['upstream', upstreamSidewatch()],
  ['gateway', only(KUSTOMIZED, 'ConfigMap', /^sidewatch-[^r]/).data!['sidewatch.yaml']!],
])('the configuration of Sidewatch in the %s pod', (name, text) => {
  test('is valid', async () => {
    const folder = join(root, name);
    mkdirSync(join(folder, 'rules'), { recursive: true });
    for (const [file, rules] of Object.entries(OWN_RULES[name]!))
      writeFileSync(join(folder, 'rules', file), rules);
    const file = join(folder, 'sidewatch.yaml');
    writeFileSync(file, text.replaceAll('/etc/sidewatch', folder));
    const { code, out, err } = await sidewatch(['config', 'check', file], { env: { MY_POD_IP: '10.0.0.7' } });
    expect({ code, out, err }).toMatchObject({ code: 0, err: '' });
  });

  test('has what the chart sets', () => {
    const chart = only(render('plaintext', { config: { destinations: null } }), 'ConfigMap', /^sidewatch$/);
    const { receivers: _, destinations: __, ...same } = parse(chart.data!['sidewatch.yaml']!);
    expect(parse(text)).toMatchObject(same);
  });

  test('sends to no collector of its pod, which stops first', () => {
    const destinations = Object.values<Yaml>(parse(text).destinations);
    expect(destinations).not.toEqual([]);
    for (const { endpoint } of destinations)
      expect(new URL(endpoint).hostname).not.toMatch(/^(localhost|127\.|\[|splunk-otel-collector\.)/);
  });
});

test('our chart renders with the values for a place beside the Splunk chart', () => {
  const file = `${EXAMPLES}splunk-collector/sidewatch.yaml`;
  const { code, out, err } = runHelm(['template', 'sidewatch', 'helm/sidewatch', '--values', file]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(faultsInKubernetes('1.37', { sidewatch: manifests(out) })).toBe('');
});

/** The pod that the upstream chart makes of a container, its volumes and more. */
const pod = (spec: object): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'audit' },
  spec: { volumes: UPSTREAM.extraVolumes, containers: [{ name: 'c', image: 'c:1' }], ...spec },
});

test.each(KUBERNETES)('every manifest is valid in Kubernetes %s', (version) => {
  const { extraManifests, initContainers } = UPSTREAM;
  const upstream = [pod({ initContainers }), ...extraManifests];
  const older = [pod({ containers: OLDER.extraContainers })];
  expect(faultsInKubernetes(version, { upstream, older, KUSTOMIZED })).toBe('');
});

// Other people's charts are not in this repository. Their folders come in by environment variables.

const UPSTREAM_CHART = process.env['SIDEWATCH_UPSTREAM_CHART'];
const SPLUNK_CHART = process.env['SIDEWATCH_SPLUNK_CHART'];
const SPLUNK = {
  clusterName: 'prod-eu-1',
  splunkPlatform: { endpoint: 'https://hec.example.com:8088/services/collector/event', token: 'made-up' },
};

describe.each([
  ['upstream-collector', UPSTREAM_CHART, ['values.yaml'], undefined],
  ['upstream-collector', UPSTREAM_CHART, ['values.yaml', 'extra-container.yaml'], undefined],
  ['upstream-collector', UPSTREAM_CHART, ['agents.yaml'], undefined],
  ['splunk-collector', SPLUNK_CHART, ['agent-and-gateway.yaml'], SPLUNK],
  ['splunk-collector', SPLUNK_CHART, ['agent-only.yaml'], SPLUNK],
  ['splunk-collector', SPLUNK_CHART, ['gateway-sidecar/values.yaml'], SPLUNK],
] as const)('the chart of %s (%s)', (folder, chart, files, values) => {
  test.skipIf(!chart)(`renders with ${files.join(' and ')}`, () => {
    const given = files.flatMap((file) => ['--values', join(EXAMPLES, folder, file)]);
    const { code, out, err } = runHelm(['template', 'splunk-otel-collector', chart!, ...given], values);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const all = manifests(out);
    expect(faultsInKubernetes('1.37', { all })).toBe('');
    expect(all.flatMap(danglingReferences)).toEqual([]);
  });
});

/** What pipelines of a collector's configuration name that is not defined in it. */
function danglingReferences({ kind, data = {} }: Manifest): readonly string[] {
  if (kind !== 'ConfigMap') return [];
  return Object.values(data)
    .filter((text) => /^ *pipelines:$/m.test(text))
    .map((text) => parse(text))
    .flatMap(({ service, ...parts }) =>
      Object.entries<Yaml>(service.pipelines).flatMap(([pipeline, members]) =>
        ['receivers', 'processors', 'exporters'].flatMap((part) =>
          (members[part] ?? [])
            .filter((id: string) => !(id in (parts[part] ?? {})) && !(id in (parts.connectors ?? {})))
            .map((id: string) => `${pipeline}: ${id}`),
        ),
      ),
    );
}

test('the pages name the files of the examples', () => {
  const page = (name: string) =>
    readFileSync(new URL(`../../docs/installing/${name}.md`, import.meta.url), 'utf8');
  for (const file of ['values.yaml', 'extra-container.yaml', 'agents.yaml'])
    expect(page('upstream-collector')).toContain(file);
  for (const file of ['sidewatch.yaml', 'agent-and-gateway.yaml', 'agent-only.yaml', 'kustomization.yaml'])
    expect(page('splunk-collector')).toContain(file);
});
