import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engine } from '../../../support/engine.ts';
import { at, refused } from '../../../support/events.ts';
import { good, matches, rule, warnings } from '../loaded.ts';

const spec = {
  hostNetwork: true,
  containers: [
    { name: 'a', image: 'good', securityContext: { privileged: false } },
    { name: 'b', image: 'bad', securityContext: { privileged: true } },
  ],
};
const template = { metadata: { labels: { app: 'web' } }, spec };

/** Bodies of requests, each with the same pod in it. */
const KINDS: [string, object][] = [
  ['Pod', { kind: 'Pod', metadata: { labels: { app: 'web' } }, spec }],
  ...[
    'Deployment',
    'StatefulSet',
    'ReplicaSet',
    'ReplicationController',
    'DaemonSet',
    'DeploymentConfig',
  ].map((kind): [string, object] => [
    kind,
    { kind, metadata: { name: 'x' }, spec: { replicas: 2, template } },
  ]),
  ['Job', { kind: 'Job', spec: { template } }],
  ['CronJob', { kind: 'CronJob', spec: { schedule: '@daily', jobTemplate: { spec: { template } } } }],
  ['PodTemplate', { kind: 'PodTemplate', metadata: { name: 'x' }, template }],
];

const asks = (selection: string, requestObject: object) =>
  matches(`s:\n${selection.replaceAll(/^/gm, '  ')}\ncondition: s\n`, { verb: 'create', requestObject });

describe.each(KINDS)('the pod in a %s', (_, body) => {
  test.each([
    ['a field', 'podSpec.hostNetwork: true'],
    ['a field of an array', 'podSpec.containers.securityContext.privileged: true'],
    ['a block', 'podSpec.containers[any]:\n  image: bad\n  securityContext.privileged: true'],
    ['a member by its place', 'podSpec.containers[-1].image: bad'],
    ['all members', 'podSpec.containers[all].name|re: ^.$'],
    ['a label', 'podMetadata.labels.app: web'],
    ['a field that is missing', 'podSpec.hostPID: null'],
    ['exists', 'podSpec.containers|exists: true\npodSpec.volumes|exists: false'],
    ['neq', 'podSpec.serviceAccountName|neq: default'],
  ])('has %s', (_, selection) => {
    expect(asks(selection, body)).toBe(true);
  });

  test.each([
    [
      'a block over two members',
      'podSpec.containers[any]:\n  image: good\n  securityContext.privileged: true',
    ],
    ['another value', 'podSpec.containers.image: ugly'],
    ['a null', 'podSpec.containers: null'],
    ['a member that is not there', 'podSpec.containers[2].image|exists: true'],
  ])('has not %s', (_, selection) => {
    expect(asks(selection, body)).toBe(false);
  });
});

test.each([
  ['as the subresource takes them', { spec: { ephemeralContainers: [{ image: 'debug' }] } }],
  ['as it took them', { kind: 'EphemeralContainers', ephemeralContainers: [{ image: 'debug' }] }],
])('ephemeral containers are of the pod, %s', (_, body) => {
  expect(asks('podSpec.ephemeralContainers[any].image: debug', body)).toBe(true);
});

test('what a template says goes before what is said around it', () => {
  const body = { spec: { activeDeadlineSeconds: 60, template: { spec: { activeDeadlineSeconds: 5 } } } };
  expect(asks('podSpec.activeDeadlineSeconds: 5', body)).toBe(true);
  expect(asks('podSpec.activeDeadlineSeconds: 60', body)).toBe(false);
});

test('two fields of the pod are compared with each other', () => {
  expect(
    asks('podSpec.nodeName|fieldref: podMetadata.name', { spec: { nodeName: 'x' }, metadata: { name: 'x' } }),
  ).toBe(true);
});

test('a rule that asks for the pod needs bodies to be logged', () => {
  const ruleSet = good(rule('detection:\n  s: {podSpec.containers.image: bad}\n  condition: s\n'));
  expect(ruleSet.needs.map(({ path }) => path)).toContain('requestObject');
});

test('podSpec and podMetadata by themselves are no fields', () => {
  const text = rule(
    'detection:\n  s: {podSpec: x, podSpec.a: y, podMetadata.b: z, podMetadata: w}\n  condition: s\n',
  );
  expect(warnings(text)).toEqual([
    'a.yml:5 detection: no audit event has podSpec',
    'a.yml:5 detection: no audit event has podMetadata; did you mean "metadata"?',
  ]);
});

test('fields of the pod group, are collected and stand in messages', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pods-'));
  writeFileSync(
    join(folder, 'images.yml'),
    `title: Images
id: 22222222-2222-4222-8222-222222222222
name: images
logsource: {product: kubernetes, service: audit}
detection: {s: {podSpec.containers.image: bad}, condition: s}
---
title: Many images
id: 33333333-3333-4333-8333-333333333333
name: many_images
correlation:
  {type: event_count, rules: [images], group-by: [podSpec.serviceAccountName], timespan: 1h, condition: {gte: 2}}
sidewatch:
  risk: {message: "$podMetadata.labels.app$ as $podSpec.serviceAccountName$", collect: [podSpec.containers.image]}
`,
  );
  const { send, fired } = await engine(`rules: {packs: [], files: [${folder}]}\n`);
  const when = at('2026-01-15T10:00:00Z');
  const events = KINDS.slice(0, 2).map(([, body]) => {
    const requestObject = JSON.parse(
      JSON.stringify(body).replaceAll('"hostNetwork"', '"serviceAccountName":"robot","hostNetwork"'),
    );
    return refused(when, ['203.0.113.9'], { verb: 'create', requestObject });
  });
  await send(events, when);
  const [event, ...others] = await fired();
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    body: 'web as robot',
    attributes: {
      'sidewatch.group.podSpec.serviceAccountName': 'robot',
      'sidewatch.values.podSpec.containers.image': ['bad', 'good'],
    },
  });
});
