import { expect, test } from 'vitest';
import { included } from './parent-chart.ts';

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
      { name: 'sidewatch-store', mountPath: '/var/lib/sidewatch' },
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
  expect(container).toMatchObject({
    volumeMounts: [{ name: 'config' }, { name: 'rules' }, { name: 'store' }],
  });
});
