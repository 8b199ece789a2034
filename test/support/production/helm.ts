import type { Micros } from '../../../src/model/time.ts';
import { type Client, podOf } from './accounts.ts';
import type { Call } from './call.ts';
import { type Chart, type Part, targetOf } from './charts.ts';
import { target } from './kinds.ts';
import { after, SECOND } from './schedule.ts';
import { kubernetesClient } from './user-agents.ts';

export const HELM = 'Helm/3.15.4';

/** `helm upgrade --install`: the release's secrets, its hooks, its parts. The n-th revision; the first one makes what later ones patch. */
export function helmUpgrade(by: Client, at: Micros, chart: Chart, revision: number): readonly Call[] {
  const { namespace, release, parts, hooks } = chart;
  const verb = revision === 1 ? 'create' : 'patch';
  const steps: Omit<Call, 'at' | 'by'>[] = [
    { verb: 'get', to: { path: '/version' } },
    {
      verb: 'list',
      to: target('secrets', namespace),
      query: `labelSelector=name%3D${release}%2Cowner%3Dhelm`,
    },
    ...(revision === 1 ? [] : [{ verb: 'get', to: secret(chart, revision - 1) }]),
    { verb: 'create', to: secret(chart, revision) },
    ...hooks.slice(0, 1).flatMap(anew),
    ...parts.flatMap((part) => [
      { verb: 'get', to: targetOf(part), code: revision === 1 ? 404 : 200 },
      {
        verb,
        to: targetOf(part),
        body: part.body,
        query: `fieldManager=helm${verb === 'create' ? '&fieldValidation=Strict' : ''}`,
      },
    ]),
    ...hooks.slice(1).flatMap(anew),
    { verb: 'update', to: secret(chart, revision) },
    ...(revision === 1 ? [] : [{ verb: 'update', to: secret(chart, revision - 1) }]),
    ...(revision > 10 ? [{ verb: 'delete', to: secret(chart, revision - 10) }] : []),
  ];
  const calls = steps.map((step, i) => ({ at: after(at, (i * SECOND) / 4), by, ...step }));
  return [...calls, ...caWritten(chart, after(at, 20 * SECOND), revision)];
}

const secret = ({ namespace, release }: Chart, revision: number) =>
  target('secrets', namespace, `sh.helm.release.v1.${release}.v${revision}`);

const anew = (hook: Part): readonly Omit<Call, 'at' | 'by'>[] => [
  { verb: 'delete', to: targetOf(hook) },
  { verb: 'create', to: targetOf(hook), body: hook.body, query: 'fieldManager=helm&fieldValidation=Strict' },
  { verb: 'get', to: targetOf(hook) },
];

/** The chart's job makes a certificate and writes its CA into the chart's own webhook configurations. */
function caWritten({ namespace, patched }: Chart, at: Micros, revision: number): readonly Call[] {
  if (patched === undefined) return [];
  const { account, webhooks } = patched;
  const by = podOf({ namespace, account, agent: kubernetesClient('kube-webhook-certgen') }, revision);
  return [
    { at, by, verb: 'get', to: target('secrets', namespace, account) },
    { at: after(at, SECOND), by, verb: 'create', to: target('secrets', namespace, account) },
    ...webhooks.flatMap((webhook, i): Call[] => [
      { at: after(at, (2 + i) * SECOND), by, verb: 'get', to: targetOf(webhook) },
      { at: after(at, (3 + i) * SECOND), by, verb: 'patch', to: targetOf(webhook), body: caOf(webhook) },
    ]),
  ];
}

const caOf = (webhook: Part): object => ({
  webhooks: [{ name: webhook.name, clientConfig: { caBundle: 'LS0tLS1CRUdJTi' } }],
});
