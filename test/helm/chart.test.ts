import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sidewatch } from '../support/sidewatch.ts';
import { CHART, generatedFiles } from './chart-files.ts';
import { podFiles } from './pod-files.ts';
import { FEATURES, type Manifest, manifests, only, render, renderedText, runHelm } from './render.ts';
import { faultsInCustomResources, faultsInKubernetes, KUBERNETES } from './strict-schemas.ts';

// Expected renders are in golden/. GOLDEN=update writes them; CI refuses that.

const GOLDEN = new URL('golden/', import.meta.url).pathname;
const TEXTS = Object.fromEntries(Object.keys(FEATURES).map((name) => [name, renderedText(name)]));
const RENDERED = Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [name, manifests(text)]));
const NAMES = Object.keys(FEATURES);

test('files that are made from others are current: npm run helm:gen', () => {
  for (const [path, text] of Object.entries(generatedFiles())) expect(readFileSync(path, 'utf8')).toBe(text);
});

test('the chart has the version of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(parse(readFileSync(`${CHART}Chart.yaml`, 'utf8'))).toMatchObject({ version, appVersion: version });
});

describe.each(NAMES)('with the values of %s', (name) => {
  test('helm lints the chart', () => {
    const { code, out } = runHelm(['lint', '--strict', CHART, '--values', FEATURES[name]!]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('0 chart(s) failed') });
  });

  test('what is rendered is what was read and found good', () => {
    const file = `${GOLDEN}${name}.yaml`;
    // A change of the version or of the chart's own files is no change of what a feature renders.
    const text = TEXTS[name]!.replaceAll(/(sidewatch-|version: "|[/:])\d+\.\d+\.\d+\b/g, '$1VERSION');
    if (process.env['GOLDEN'] === 'update') {
      if (process.env['CI']) throw new Error('CI does not write what it should check');
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(text);
  });

  test('Sidewatch accepts the configuration', async () => {
    const { code, out, err } = await configCheck(RENDERED[name]!);
    expect({ code, out, err }).toMatchObject({ code: 0, err: '' });
    expect(out).toContain('is valid: ');
  });

  test('the pod fulfils the restricted Pod Security Standard', () => {
    const { spec } = only(RENDERED[name]!, 'StatefulSet').spec.template;
    const container = spec.containers[0];
    expect(container.securityContext).toMatchObject({
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec).toMatchObject({ automountServiceAccountToken: false });
    if (name !== 'scheduling') expect(spec.securityContext.runAsUser).toBeGreaterThan(0);
    // Files that are mounted alone never change.
    const own = container.volumeMounts.filter(({ mountPath }: { mountPath: string }) =>
      mountPath.startsWith('/etc/sidewatch'),
    );
    expect(own).not.toEqual([]);
    expect(own.filter((mount: object) => 'subPath' in mount)).toEqual([]);
  });
});

const checked = new Map<string, ReturnType<typeof sidewatch>>();

/** `sidewatch config check` in the pod; once where features have the same files. */
function configCheck(all: readonly Manifest[]): ReturnType<typeof sidewatch> {
  const data = JSON.stringify(all.filter(({ kind }) => kind === 'ConfigMap').map((map) => map.data));
  const check = async () => {
    using files = podFiles(all);
    const env = { MY_POD_IP: '10.0.0.7', ...variablesOf(all) };
    return await sidewatch(['config', 'check', files.config], { env });
  };
  if (!checked.has(data)) checked.set(data, check());
  return checked.get(data)!;
}

/** Made-up values for the variables that come from Secrets. */
function variablesOf(all: readonly Manifest[]): Record<string, string> {
  const { env } = only(all, 'StatefulSet').spec.template.spec.containers[0];
  return Object.fromEntries(
    env.flatMap(({ name, valueFrom }: { name: string; valueFrom?: { secretKeyRef?: object } }) =>
      valueFrom?.secretKeyRef ? [[name, 'made-up']] : [],
    ),
  );
}

describe('every manifest is valid, without an unknown key,', () => {
  test.each(KUBERNETES)('in Kubernetes %s', (version) => {
    expect(faultsInKubernetes(version, RENDERED)).toBe('');
  });

  test('and so are the custom resources', () => {
    expect(faultsInCustomResources(RENDERED)).toBe('');
    const kinds = Object.values(RENDERED).flatMap((all) => all.map(({ kind }) => kind));
    for (const kind of ['Certificate', 'ServiceMonitor', 'PodMonitor', 'PrometheusRule'])
      expect(kinds).toContain(kind);
  });

  test('and the validators see a misspelt key', () => {
    const service = structuredClone(only(RENDERED['tls']!, 'Service', /^sidewatch$/));
    service.spec.ports[0].targetport = 1;
    expect(faultsInKubernetes('1.34', { wrong: [service] })).toContain("'targetport' was unexpected");
    const monitor = structuredClone(only(RENDERED['monitoring']!, 'ServiceMonitor'));
    monitor.spec.endpoints[0].intervall = '1m';
    expect(faultsInCustomResources({ wrong: [monitor] })).toContain('intervall');
    const unknown = { apiVersion: 'v1', kind: 'Sidecar', metadata: { name: 'x' } };
    expect(faultsInKubernetes('1.34', { wrong: [unknown] })).toContain('find schema for kind Sidecar');
  });
});

describe('what rolls the pod', () => {
  const podOf = (feature: string, values: Record<string, unknown>) =>
    JSON.stringify(only(render(feature, values), 'StatefulSet'));
  const before = podOf('rules', {});

  test.each<[string, Record<string, unknown>]>([
    ['a rule', { rules: { 'build-deletes.yml': 'title: Another' } }],
    ['a further rule', { rules: { 'more.yml': 'title: Another' } }],
    ['the values of a list', { lists: { build_accounts: ['system:serviceaccount:ci:other'] } }],
    ['the section rules of the configuration', { config: { rules: { packs: ['escu'] } } }],
  ])('not %s, which the running process takes up', (_, values) => {
    expect(podOf('rules', values)).toBe(before);
  });

  test('another key of the configuration', () => {
    expect(podOf('rules', { config: { limits: { groups: 5 } } })).not.toBe(before);
  });

  test('the first rule of one’s own does not either', () => {
    expect(podOf('plaintext', { rules: { 'a.yml': 'title: A' } })).toBe(podOf('plaintext', {}));
  });
});
