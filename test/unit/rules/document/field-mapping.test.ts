import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../../support/events.ts';
import { good, hits, matches, rule, warnings } from '../loaded.ts';
import { lines } from '../tuned.ts';

const sent = (kind: string, requestObject: object): AuditEvent => ({
  verb: 'create',
  objectRef: { resource: kind },
  requestObject: { kind, ...requestObject },
});
const shapes = (spec: object): readonly (readonly [string, AuditEvent])[] => [
  ['a pod', sent('pods', { spec })],
  ['a deployment', sent('deployments', { spec: { template: { spec } } })],
  ['a cron job', sent('cronjobs', { spec: { jobTemplate: { spec: { template: { spec } } } } })],
];

describe('apiGroup', () => {
  test('is the group of the object', () => {
    const rbac = { objectRef: { apiGroup: 'rbac.authorization.k8s.io' } };
    expect(matches('s: {apiGroup: rbac.authorization.k8s.io}\ncondition: s', rbac)).toBe(true);
    expect(matches('s: {apiGroup: apps}\ncondition: s', rbac)).toBe(false);
    expect(matches('s: {apiGroup|startswith: rbac}\ncondition: s', rbac)).toBe(true);
  });
});

describe('hostPath', () => {
  const mounted = {
    volumes: [
      { name: 'a', emptyDir: {} },
      { name: 'b', hostPath: { path: '/etc/kubernetes' } },
    ],
  };
  const plain = { volumes: [{ name: 'a', emptyDir: {} }] };

  test.each(shapes(mounted))('of %s is there where a volume has one', (_, event) => {
    expect(matches("s: {hostPath: '*'}\ncondition: s", event)).toBe(true);
    expect(matches('s: {hostPath|exists: true}\ncondition: s', event)).toBe(true);
    expect(matches('s: {hostPath: null}\ncondition: s', event)).toBe(false);
  });

  test.each(shapes(plain))('of %s is not there where none has', (_, event) => {
    expect(matches("s: {hostPath: '*'}\ncondition: s", event)).toBe(false);
    expect(matches('s: {hostPath|exists: true}\ncondition: s', event)).toBe(false);
    expect(matches('s: {hostPath|exists: false}\ncondition: s', event)).toBe(true);
    expect(matches('s: {hostPath: null}\ncondition: s', event)).toBe(true);
  });

  test.each(shapes(mounted))('of %s is compared by its path', (_, event) => {
    expect(matches('s: {hostPath|startswith: /etc}\ncondition: s', event)).toBe(true);
    expect(matches('s: {hostPath|startswith: /proc}\ncondition: s', event)).toBe(false);
    expect(matches('s: {hostPath|startswith: /proc}\ncondition: not s', event)).toBe(true);
  });
});

describe('capabilities', () => {
  const with_ = (list: string, capabilities: object) => ({
    containers: [{ name: 'plain' }],
    [list]: [{ name: 'a' }, { name: 'b', securityContext: { capabilities } }],
  });

  test.each(
    ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) =>
      shapes(with_(list, { add: ['NET_ADMIN', 'SYS_ADMIN'] })).map(
        ([what, event]) => [list, what, event] as const,
      ),
    ),
  )('in %s of %s are those that are added', (_, _what, event) => {
    expect(matches("s: {capabilities: '*'}\ncondition: s", event)).toBe(true);
    expect(matches('s: {capabilities: sys_admin}\ncondition: s', event)).toBe(true);
    expect(matches('s: {capabilities: SYS_TIME}\ncondition: s', event)).toBe(false);
  });

  test('that are dropped are none', () => {
    const event = sent('pods', { spec: with_('containers', { drop: ['ALL'] }) });
    expect(matches("s: {capabilities: '*'}\ncondition: s", event)).toBe(false);
  });
});

describe('responseStatus.code as a word', () => {
  const decided = (decision: string, code: number) => ({
    responseStatus: { code },
    annotations: { 'authorization.k8s.io/decision': decision },
  });

  test('is the decision of the authorizer', () => {
    expect(matches('s: {responseStatus.code: ALLOW}\ncondition: s', decided('allow', 200))).toBe(true);
    expect(matches('s: {responseStatus.code: ALLOW}\ncondition: s', decided('forbid', 403))).toBe(false);
    expect(matches('s: {responseStatus.code: Forbid}\ncondition: s', decided('forbid', 403))).toBe(true);
  });

  test('stands beside codes', () => {
    const either = 's: {responseStatus.code: [ALLOW, 409]}\ncondition: s';
    expect(matches(either, decided('allow', 200))).toBe(true);
    expect(matches(either, decided('forbid', 409))).toBe(true);
    expect(matches(either, decided('forbid', 403))).toBe(false);
  });
});

describe('a name that is mapped', () => {
  const text = rule(
    "detection:\n  s:\n    hostPath: '*'\n    apiGroup|contains: x\n    responseStatus.code: ALLOW\n  condition: s\n",
  );

  test('is noted at its place, and is no warning', () => {
    const ruleSet = good(text);
    expect(ruleSet.warnings).toEqual([]);
    expect(lines(ruleSet.notes)).toEqual([
      'a.yml:7 detection.s.hostPath: is read as requestObject.spec.volumes.hostPath.path and 2 more places (see rules.md)',
      'a.yml:8 detection.s.apiGroup|contains: is read as objectRef.apiGroup',
      'a.yml:9 detection.s.responseStatus.code: is read as annotations.authorization.k8s.io/decision, since a code is a number',
    ]);
  });

  test('is mapped in filters too', () => {
    const filter = `title: F
logsource: {product: kubernetes, service: audit}
filter:
  rules: any
  selection: {apiGroup: apps}
  condition: not selection
`;
    const ruleSet = good([rule('detection:\n  s: {verb: get}\n  condition: s\n'), filter]);
    expect(hits(ruleSet, { verb: 'get', objectRef: { apiGroup: 'apps' } })).toEqual([]);
    expect(hits(ruleSet, { verb: 'get', objectRef: { apiGroup: 'batch' } })).toHaveLength(1);
  });

  test('is what it says in the members of an array block', () => {
    const block = 's:\n  requestObject.spec.volumes[any]: {hostPath.path: /etc}\ncondition: s';
    const volumes = (path: string) => sent('pods', { spec: { volumes: [{ hostPath: { path } }] } });
    expect(matches(block, volumes('/etc'))).toBe(true);
    expect(matches(block, volumes('/var'))).toBe(false);
  });

  test('leaves other unknown names to the warning about them', () => {
    expect(warnings(rule('detection:\n  s: {hostPaht: x}\n  condition: s\n'))).toEqual([
      expect.stringContaining('no audit event has hostPaht'),
    ]);
  });
});
