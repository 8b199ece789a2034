import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { metricRows } from '../../src/telemetry/metric-table.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { startSidewatch } from '../support/sidewatch.ts';
import { CHART } from './chart-files.ts';
import { type Prometheus, prometheusFolder, promtool, startPrometheus } from './prometheus.ts';
import { only, render } from './render.ts';

const found = prometheusFolder();
const TOOLS = 'folder' in found ? found.folder : '';
if ('why' in found) process.stdout.write(`Expressions are not run in Prometheus: ${found.why}\n`);

const root = mkdtempSync(join(tmpdir(), 'sidewatch-monitoring-'));
afterAll(() => rmSync(root, { recursive: true }));

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const GROUPS: readonly { readonly rules: readonly AlertRule[] }[] = only(
  render('plaintext', { prometheusRule: { enabled: true } }),
  'PrometheusRule',
).spec.groups;
const ALERTS = GROUPS.flatMap(({ rules }) => rules);

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}
const dashboard = JSON.parse(
  only(render('plaintext', { dashboards: { enabled: true } }), 'ConfigMap', /dashboard/).data![
    'sidewatch.json'
  ]!,
);
const TARGETS: readonly (Target & { readonly panel: string })[] = dashboard.panels.flatMap(
  ({ title, targets = [] }: { title: string; targets?: readonly Target[] }) =>
    targets.map((target) => ({ ...target, panel: title })),
);

/** As Grafana sends it when all pods are chosen. */
const sent = (expr: string): string =>
  expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll(/"\$(namespace|pod)"/g, '".*"');

/** The labels of each metric in a scrape. */
const METRICS = new Map(
  metricRows().map(([, name = '', , , labels = '']) => [
    name.replaceAll('`', ''),
    Array.from(labels.matchAll(/`(\w+)`/g), ([, label]) => label!),
  ]),
);
const metricsIn = (expr: string): readonly string[] => [
  ...new Set(
    Array.from(expr.matchAll(/\bsidewatch_\w+/g), ([name]) => name.replace(/_(bucket|sum|count)$/, '')),
  ),
];

test('dashboard and alerts ask for metrics and labels that are there', () => {
  expect(TARGETS.length).toBeGreaterThan(30);
  for (const { expr } of [...TARGETS, ...ALERTS]) {
    expect(metricsIn(expr)).not.toEqual([]);
    for (const name of metricsIn(expr)) expect([...METRICS.keys()], expr).toContain(name);
    const labels = ['namespace', 'pod', 'le', ...metricsIn(expr).flatMap((name) => METRICS.get(name)!)];
    const asked = [
      ...Array.from(expr.matchAll(/(?:by|on) \(([^)]*)\)/g), ([, list = '']) => list.split(', ')).flat(),
      ...Array.from(expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g), ([, label]) => label!),
    ];
    for (const label of asked) expect(labels, expr).toContain(label);
  }
  for (const { expr, legendFormat } of TARGETS)
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      expect(['pod', ...metricsIn(expr).flatMap((name) => METRICS.get(name)!)], expr).toContain(label);
});

test('the dashboard is the file, for a namespace and with labels of its own', () => {
  const values = { namespace: 'grafana', labels: { own: 'yes' }, annotations: { grafana_folder: 'S' } };
  const { metadata, data } = only(
    render('plaintext', { dashboards: { enabled: true, ...values } }),
    'ConfigMap',
    /dashboard/,
  );
  expect(metadata).toMatchObject({
    name: 'sidewatch-dashboard',
    namespace: 'grafana',
    labels: { own: 'yes', grafana_dashboard: '1' },
    annotations: { grafana_folder: 'S' },
  });
  expect(data!['sidewatch.json']).toBe(readFileSync(`${CHART}dashboards/sidewatch.json`, 'utf8').trimEnd());
  const places = dashboard.panels.map(({ gridPos }: { gridPos: object }) => JSON.stringify(gridPos));
  expect(new Set(places).size).toBe(places.length);
});

describe('each alert', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const tests: string = readFileSync(new URL('alerts.test.yml', import.meta.url), 'utf8');

  test.each(ALERTS.map(({ alert }) => alert))('%s has a runbook and tests', (name) => {
    const { annotations } = ALERTS.find(({ alert }) => alert === name)!;
    expect(annotations['description']).toContain(`docs/operations.md#${name.toLowerCase()}`);
    expect(page.split('\n')).toContain(`### ${name}`);
    const mine = parse(tests).tests.filter(
      (one: { alert_rule_test: readonly { alertname: string }[] }) =>
        one.alert_rule_test[0]!.alertname === name,
    );
    const fires = mine.map(
      (one: { alert_rule_test: readonly { exp_alerts: readonly object[] }[] }) =>
        one.alert_rule_test[0]!.exp_alerts.length > 0,
    );
    expect(new Set(fires)).toEqual(new Set([true, false]));
  });

  test('may be left out, and has the link and the labels that are given', () => {
    const { groups } = only(
      render('monitoring', { prometheusRule: { disabled: ['SidewatchDetection', 'SidewatchOverload'] } }),
      'PrometheusRule',
    ).spec;
    const rules = groups.flatMap((group: { rules: readonly AlertRule[] }) => group.rules);
    const names = rules.map(({ alert }: AlertRule) => alert);
    expect(names).toEqual([
      ...ALERTS.map(({ alert }) => alert).filter((name) => !/Detection|Overload/.test(name)),
      'OwnAway',
    ]);
    expect(rules[0]).toMatchObject({
      labels: { severity: 'warning' },
      annotations: {
        runbook_url: 'https://git.example.com/security/sidewatch/docs/operations.md#sidewatchaway',
        dashboard: 'https://grafana.example.com/d/sidewatch',
      },
    });
  });
});

describe.skipIf(TOOLS === '')("in Debian's Prometheus", () => {
  test('the alerts do what their tests say', () => {
    writeFileSync(join(root, 'rules.yml'), stringify({ groups: GROUPS }));
    cpSync(new URL('alerts.test.yml', import.meta.url).pathname, join(root, 'alerts.test.yml'));
    expect(promtool(TOOLS, ['check', 'rules', 'rules.yml'], root)).toMatchObject({ code: 0 });
    const { code, out } = promtool(TOOLS, ['test', 'rules', 'alerts.test.yml'], root);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('SUCCESS') });
  });

  test('every expression of the dashboard and of the alerts runs against our metrics', async () => {
    const telemetry = 'telemetry: {metrics: {endpoint: "127.0.0.1:0"}}';
    await using running = await startSidewatch(telemetry);
    await using grpc = sender(running.grpc);
    await using prometheus = await startPrometheus(TOOLS, root, running.metrics);
    await scraped(prometheus, 'sidewatch_events_total');
    await grpc.send(scan());
    await scraped(prometheus, 'sidewatch_detections_total{level="medium"} == 1');

    for (const { expr } of [...TARGETS, ...ALERTS]) await prometheus.query(sent(expr));
    const of = (panel: string) =>
      prometheus.query(sent(TARGETS.find((target) => target.panel === panel)!.expr));
    for (const panel of [
      'Ready',
      'Audit events',
      'Requests',
      'Groups',
      'Delivered',
      'Since the latest event',
    ])
      expect(await of(panel), panel).not.toEqual([]);
    expect(await of('Rules that fired')).toMatchObject([
      { metric: { rule: 'kubernetes_api_scanning', level: 'medium' } },
    ]);
    await expect(prometheus.query('rate(sidewatch_events_total')).rejects.toThrow('parse error');
  });
});

const scan = () => otlpBytes(Array.from({ length: 6 }, () => refused(TEN, ['192.0.2.7'])));

/** Resolves when an expression has two samples within the last minute, as a rate needs them. */
async function scraped(prometheus: Prometheus, expression: string): Promise<void> {
  while ((await prometheus.query(`count_over_time((${expression})[1m:1s]) >= 2`)).length === 0);
}
