import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART } from './chart-files.ts';
import { renderedText } from './render.ts';

/** What a chart renders that has ours as a subchart and puts the container into a pod of its own. */
function included(call: string): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-parent-'));
  try {
    mkdirSync(join(folder, 'templates'));
    cpSync(CHART, join(folder, 'charts', 'sidewatch'), { recursive: true });
    writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: parent\nversion: 1.0.0\n');
    writeFileSync(join(folder, 'templates', 'container.yaml'), `container:\n  ${call}\n`);
    const values = {
      global: { imageRegistry: 'mirror.example.com' },
      sidewatch: {
        image: { repository: 'sidewatch' },
        security: { mode: 'plaintext' },
        networkPolicy: { enabled: true },
      },
    };
    const text = renderedText(undefined, values, folder);
    const documents = text.split(/^---\n/m);
    return parse(documents.find((document) => document.includes('parent/templates/container.yaml'))!)
      .container;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the container is a native sidecar of another pod: no probe keeps the traffic from that pod', () => {
  const container = included(
    '{{- include "sidewatch.container" (dict "root" .Subcharts.sidewatch "sidecar" "native" "volumePrefix" "sidewatch-") | nindent 2 }}',
  );
  expect(container).toMatchObject({
    name: 'sidewatch',
    image: 'mirror.example.com/sidewatch:0.1.0',
    restartPolicy: 'Always',
    livenessProbe: { httpGet: { path: '/livez', port: 'sw-health' } },
    ports: [
      { name: 'sw-metrics', containerPort: 18888 },
      { name: 'sw-health', containerPort: 14133 },
    ],
    volumeMounts: [
      { name: 'sidewatch-config', mountPath: '/etc/sidewatch/config' },
      { name: 'sidewatch-rules', mountPath: '/etc/sidewatch/rules' },
    ],
  });
  expect(container).not.toHaveProperty('startupProbe');
  expect(container).not.toHaveProperty('readinessProbe');
});

test('or an ordinary container beside others', () => {
  const container = included(
    '{{- include "sidewatch.container" (dict "root" .Subcharts.sidewatch "sidecar" "container") | nindent 2 }}',
  );
  expect(container).not.toHaveProperty('restartPolicy');
  expect(container).not.toHaveProperty('readinessProbe');
  expect(container).toMatchObject({ volumeMounts: [{ name: 'config' }, { name: 'rules' }] });
});
