import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { sidewatch } from '../support/sidewatch.ts';
import { podFiles } from './pod-files.ts';
import { type Manifest, only, render, type Values } from './render.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** A free port of this machine, through a reference: the chart refuses a port that its Service would not find. */
const HERE = { endpoint: '${env:FREE_PORT}' };
const LOCAL = {
  receivers: { otlp: { protocols: { grpc: HERE } } },
  telemetry: { health: HERE, metrics: HERE },
};

interface Pod extends AsyncDisposable {
  /** The next line of its log that fits. */
  says(what: RegExp): Promise<string>;
}

/** Runs what the container of the chart runs, on the files that it would see. */
function startPod(config: string): Pod {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, MY_POD_IP: '127.0.0.1', FREE_PORT: '127.0.0.1:0', NODE_OPTIONS: '' },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const log = createInterface(child.stderr)[Symbol.asyncIterator]();
  return {
    async says(what) {
      const heard: string[] = [];
      for (;;) {
        const { value, done } = await log.next();
        if (done) throw new Error(`it ended without ${what}: ${heard.join('\n')}`);
        if (what.test(value)) return value;
        heard.push(value);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function page(address: string, path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://${address}${path}`);
  return { status: answer.status, text: await answer.text() };
}

test('the probes of the chart find their pages, and its alert finds its series', async () => {
  const all = render('monitoring', { config: LOCAL });
  using files = podFiles(all);
  await using pod = startPod(files.config);
  const { health, metrics } = JSON.parse(await pod.says(/listening for OTLP/));
  const container = only(all, 'StatefulSet').spec.template.spec.containers[0];
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    expect(container[probe].httpGet.port).toBe('health');
    expect(await page(health, container[probe].httpGet.path)).toMatchObject({ status: 200 });
  }
  const { path } = only(all, 'ServiceMonitor').spec.endpoints[0];
  const { text } = await page(metrics, path);
  const [rule] = only(all, 'PrometheusRule').spec.groups[0].rules;
  const [name] = /sidewatch_\w+/.exec(rule.expr)!;
  expect(text).toMatch(new RegExp(`^${name}\\{rule="[^"]+",level="high"\\} 0$`, 'm'));
});

test('what helm test runs finds its scan, and sees its risk event leave', async () => {
  const all = render('plaintext', { config: LOCAL });
  using files = podFiles(all);
  await using pod = startPod(files.config);
  const { grpc, metrics } = JSON.parse(await pod.says(/listening for OTLP/));
  const { args } = only(all, 'Pod').spec.containers[0];
  expect(args).toEqual([
    'scan-test',
    '--endpoint=sidewatch.security.svc:4317',
    '--metrics=http://sidewatch-headless.security.svc:18888/metrics',
    '--rule=kubernetes_api_scanning',
    '--timeout=60s',
  ]);
  const here = args.map((arg: string) =>
    arg
      .replace('sidewatch.security.svc:4317', grpc)
      .replace('sidewatch-headless.security.svc:18888', metrics),
  );
  const { code, out, err } = await sidewatch(here);
  expect({ code, err, out }).toMatchObject({ code: 0, err: '' });
  expect(out).toContain('its risk event was delivered');
});

const rule = (title: string, id: string) => `title: ${title}
id: ${id}
logsource: {product: kubernetes, service: audit}
detection:
  those: {user.username|expand: '%build_accounts%'}
  condition: those
level: low
`;
const ONE = rule('One', '0d6a4b58-5a5e-4a0c-bb8a-0f5f7f3d0a11');
const TWO = rule('Two', '1d6a4b58-5a5e-4a0c-bb8a-0f5f7f3d0a11');

test('rules and lists are taken up while it runs, as the kubelet brings them; a broken rule ends nothing', async () => {
  const manifests = (values: Values): readonly Manifest[] =>
    render('rules', { config: { ...LOCAL, rules: { packs: [] } }, ...values });
  const first = { lists: { build_accounts: ['a'] }, rules: { 'build-deletes.yml': ONE } };
  using files = podFiles(manifests(first));
  await using pod = startPod(files.config);
  const { health } = JSON.parse(await pod.says(/listening for OTLP/));

  files.update(manifests({ ...first, rules: { 'build-deletes.yml': ONE, 'b.yml': TWO } }));
  expect(await pod.says(/the rules were/)).toContain('the rules were reloaded');

  files.update(manifests({ ...first, lists: { build_accounts: ['a', 'b'] } }));
  expect(await pod.says(/the rules were/)).toContain('the rules were reloaded');

  files.update(manifests({ ...first, rules: { 'build-deletes.yml': ONE, 'b.yml': 'title: {' } }));
  expect(await pod.says(/b\.yml/)).toContain('b.yml');
  expect(await page(health, '/readyz')).toMatchObject({ status: 200 });
});
