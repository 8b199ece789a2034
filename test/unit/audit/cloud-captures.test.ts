import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { request } from '../../support/events.ts';
import { readAll } from './told.ts';

// Records as the ways of docs/installing/ make them. How each was made: test/captures/README.md.

const load = (name: string): Uint8Array =>
  readFileSync(new URL(`../../captures/clouds/${name}.json`, import.meta.url));
const told = (name: string, more: object = {}) => {
  const fields = ['verb', 'user.username', 'sourceIPs', 'responseStatus.code', 'k8s.cluster.name'];
  const { seen, report } = readAll({ ...request(load(name), 'otlp-json'), ...more }, ...fields);
  return { report, events: seen.map(({ told }) => fields.map((field) => told[field]?.[1])) };
};

const refusal = (cluster: string) => ['get', 'system:anonymous', '127.0.0.1', 403, cluster];

describe('each event and the name of its cluster are read', () => {
  it.each([
    ['eks-cloudwatch', ['prod-eu-1', 'prod-eu-1']],
    ['eks-firehose', ['prod-eu-1', 'prod-eu-1']],
    ['gke-pubsub', ['prod-eu-1']],
    ['aks-raw', ['prod-eu-1', 'prod-eu-2']],
    ['aks-azure', ['prod-eu-1', 'prod-eu-2']],
    ['aks-semantic-conventions', ['prod-eu-1', 'prod-eu-2']],
    ['openshift-6.4', Array(2).fill('b8af9b52-4ef1-444a-9b62-3b7bd2ab02f6')],
    ['openshift-6.1', Array(2).fill('b8af9b52-4ef1-444a-9b62-3b7bd2ab02f6')],
  ])('%s', (name, clusters) => {
    const { report, events } = told(name);
    expect(events.toSorted()).toEqual(clusters.map(refusal));
    expect(report).toMatchObject({ events: clusters.length, passedBy: {}, rejected: 0 });
  });

  it("the token's cluster takes precedence, as for OpenShift", () => {
    const { events } = told('openshift-6.4', { boundCluster: 'prod-eu-1' });
    expect(events).toEqual([refusal('prod-eu-1'), refusal('prod-eu-1')]);
  });
});

it('what googlecloudlogentry_encoding makes of an entry of GKE is not read', () => {
  const attributes = {
    'gcp.audit.service.name': 'k8s.io',
    'gcp.audit.method.name': 'io.k8s.core.v1.pods.list',
    'gcp.audit.resource.name': 'core/v1/pods',
    'user.email': 'system:anonymous',
    'client.address': '203.0.113.57',
  };
  const logRecords = [
    { attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })) },
  ];
  const sent = Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
  const { report } = readAll(request(sent, 'otlp-json'), 'verb');
  expect(report).toEqual({ records: 1, events: 0, passedBy: { empty: 1 }, rejected: 0 });
});
