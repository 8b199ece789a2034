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
});
