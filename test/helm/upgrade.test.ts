import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CHART } from './chart-files.ts';
import { FEATURES, type Manifest, manifests, only, render, renderedText, type Values } from './render.ts';

// An upgrade and a rollback, by rendering two versions: what Kubernetes lets be changed, and what restarts the pod.

const root = mkdtempSync(join(tmpdir(), 'sidewatch-upgrade-'));
afterAll(() => rmSync(root, { recursive: true }));

const NEXT = join(root, 'sidewatch');
cpSync(CHART, NEXT, { recursive: true });
const about = readFileSync(join(NEXT, 'Chart.yaml'), 'utf8');
writeFileSync(join(NEXT, 'Chart.yaml'), about.replaceAll(/ersion: 0\.1\.0/g, 'ersion: 0.2.0'));

const next = (feature: string, values: Values = {}): readonly Manifest[] =>
  manifests(renderedText(feature, values, NEXT));
const names = (all: readonly Manifest[]) => all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

/** What an API server refuses to change in a StatefulSet: all but these. */
function fixed(all: readonly Manifest[]): object {
  const { replicas: _, template: __, updateStrategy: ___, ...rest } = only(all, 'StatefulSet').spec;
  return rest;
}

describe.each(Object.keys(FEATURES))(
  'from one version to the next and back, with the values of %s,',
  (name) => {
    const [before, after] = [render(name), next(name)];

    test('the same manifests stand in for the same ones', () => {
      expect(names(after)).toEqual(names(before));
      expect(JSON.stringify(after)).not.toEqual(JSON.stringify(before));
    });

    test('nothing changes that cannot be changed', () => {
      expect(fixed(after)).toEqual(fixed(before));
      const services = (all: readonly Manifest[]) => all.filter(({ kind }) => kind === 'Service');
      for (const [i, { spec }] of services(after).entries()) expect(spec).toEqual(services(before)[i]!.spec);
      const claims = (all: readonly Manifest[]) => all.filter(({ kind }) => kind === 'PersistentVolumeClaim');
      for (const [i, { spec }] of claims(after).entries()) expect(spec).toEqual(claims(before)[i]!.spec);
    });
  },
);

test('the pod is restarted for its image alone', () => {
  const template = (all: readonly Manifest[]) => only(all, 'StatefulSet').spec.template;
  const pinned = { image: { tag: '0.1.0' } };
  expect(template(next('tls', pinned))).toEqual(template(render('tls', pinned)));
  const [before, after] = [template(render('tls')), template(next('tls'))];
  expect(after).not.toEqual(before);
  after.spec.containers[0].image = before.spec.containers[0].image;
  expect(after).toEqual(before);
});

test.each<[string, Values]>([
  ['persistence off', { persistence: { enabled: false } }],
  ['a claim of one’s own', { persistence: { existingClaim: 'mine' } }],
  ['a larger volume', { persistence: { size: '8Gi' } }],
  ['TLS', { security: { mode: 'tls', tls: { secretName: 'a' }, tokens: [{ secretName: 'b' }] } }],
  [
    'further receivers',
    {
      otlpHttp: { enabled: true },
      auditWebhook: { enabled: true },
      networkPolicy: { allowWebhookFrom: [{}] },
    },
  ],
  ['labels of all', { commonLabels: { team: 'a' } }],
  ['stopped', { replicas: 0 }],
])('an upgrade to %s changes nothing that cannot be changed', (_, values) => {
  expect(fixed(next('plaintext', values))).toEqual(fixed(render('plaintext')));
});

test('what is not the release’s stays after helm uninstall: the claim, and the pod of the last helm test', () => {
  const stays = (all: readonly Manifest[]) =>
    names(
      all.filter(({ metadata }) => {
        const { annotations = {} } = metadata as { annotations?: Readonly<Record<string, string>> };
        const policy = annotations['helm.sh/hook-delete-policy'] ?? 'hook-succeeded';
        return annotations['helm.sh/resource-policy'] === 'keep' || !policy.includes('hook-succeeded');
      }),
    );
  expect(stays(render('plaintext'))).toEqual([
    'PersistentVolumeClaim sidewatch-store',
    'Pod sidewatch-scan-test',
  ]);
  expect(stays(render('plaintext', { persistence: { retain: false } }))).toEqual(['Pod sidewatch-scan-test']);
});
