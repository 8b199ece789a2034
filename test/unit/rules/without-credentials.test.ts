import { expect, test } from 'vitest';
import type { Micros } from '../../../src/model/time.ts';
import { engine } from '../../support/engine.ts';
import { type AuditEvent, refused, TEN } from '../../support/events.ts';

// Risk events are a way to flood whoever reads them: the outbox is bounded, and full it refuses requests.

const VERBS = ['get', 'list', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const KINDS = [
  '/pods /pods/exec /pods/attach /pods/portforward /pods/ephemeralcontainers /nodes /nodes/proxy /services/proxy',
  '/secrets /configmaps /namespaces /serviceaccounts /serviceaccounts/token /events /users /services',
  'apps/deployments apps/daemonsets apps/statefulsets batch/jobs batch/cronjobs networking.k8s.io/networkpolicies',
  'rbac.authorization.k8s.io/clusterroles rbac.authorization.k8s.io/rolebindings apiregistration.k8s.io/apiservices',
  'certificates.k8s.io/certificatesigningrequests certificates.k8s.io/certificatesigningrequests/approval',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations config.openshift.io/apiservers',
].flatMap((line) => line.split(' '));
const NAMES = [
  'n#',
  'cluster-admin',
  'aws-auth',
  'coredns',
  'falco-#',
  'xmrig-#',
  'kube-proxy-#',
  'n#:10250',
];

/** One client, and whatever it may make up: names, namespaces, paths, agents, Audit-IDs. */
function* attempts(code: 401 | 403): Generator<AuditEvent> {
  let n = 0;
  for (const kind of KINDS)
    for (const verb of VERBS)
      for (const form of NAMES)
        for (const namespace of ['kube-system', `made-up-${n}`]) {
          n++;
          const [apiGroup = '', resource = '', subresource] = kind.split('/');
          const name = form.replace('#', String(n));
          const said =
            subresource === 'exec' ? '?command=cat&command=/etc/shadow&command=169.254.169.254' : '';
          yield refused((TEN + n * 1000) as Micros, ['198.51.100.1'], {
            verb,
            auditID: `made up ${n >> 2}`,
            requestURI: `/${namespace}/${resource}/${name}/proxy/run/${n}${said}`,
            userAgent: `curl/${n}`,
            objectRef: {
              resource,
              namespace,
              name,
              ...(apiGroup && { apiGroup }),
              ...(subresource && { subresource }),
            },
            responseStatus: { code },
            ...(code === 401 && { user: {}, annotations: {} }),
          });
        }
}

test.each([401, 403] as const)(
  'no rule of the default pack lets a client without credentials send an event for each request (%i)',
  async (code) => {
    const { send, fired, counters } = await engine('rules: {packs: [sidewatch]}');
    const events = [...attempts(code)];
    await send(events, (TEN + events.length * 1000) as Micros, 'prod');
    const byRule = new Map<string, Set<string>>();
    for (const { detection } of await fired())
      if (detection.kind === 'risk')
        byRule.set(detection.rule, (byRule.get(detection.rule) ?? new Set()).add(detection.id));
    expect(counters.of('matches')).toBeGreaterThan(events.length);
    expect(byRule.size).toBeGreaterThan(5);
    // Once an hour for a client, or for each of a few namespaces that are named in the rule.
    for (const [rule, ids] of byRule) expect({ rule, ids: ids.size }).toEqual({ rule, ids: 1 });
  },
);
