import type { Micros } from '../../../src/model/time.ts';
import { controller, podOf, type Workload } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { APPS, podName } from './cluster.ts';
import type { Dice } from './dice.ts';
import { type KindName, target } from './kinds.ts';
import { starts } from './reflector.ts';
import { about, after, every, HOUR, SECOND } from './schedule.ts';
import { kubernetesClient } from './user-agents.ts';

const SYSTEM = 'kube-system';
const karpenter: Workload = { namespace: 'karpenter', account: 'karpenter', agent: 'karpenter.sh/1.0.6' };
const clusterAutoscaler: Workload = {
  namespace: SYSTEM,
  account: 'cluster-autoscaler',
  agent: kubernetesClient('cluster-autoscaler'),
};
const recommender: Workload = {
  namespace: SYSTEM,
  account: 'vpa-recommender',
  agent: kubernetesClient('recommender-amd64'),
};
const updater: Workload = {
  namespace: SYSTEM,
  account: 'vpa-updater',
  agent: kubernetesClient('updater-amd64'),
};
const admission: Workload = {
  namespace: SYSTEM,
  account: 'vpa-admission-controller',
  agent: kubernetesClient('admission-controller-amd64'),
};
const keda: Workload = { namespace: 'keda', account: 'keda-operator', agent: kubernetesClient('keda') };
const hpa = controller('horizontal-pod-autoscaler');

const NODES_AND_PODS: readonly KindName[] = [
  ...([
    'nodes',
    'pods',
    'services',
    'replicationcontrollers',
    'replicasets',
    'statefulsets',
    'daemonsets',
  ] as const),
  ...(['persistentvolumes', 'persistentvolumeclaims', 'storageclasses', 'csinodes', 'csidrivers'] as const),
  ...(['poddisruptionbudgets', 'namespaces', 'jobs', 'volumeattachments'] as const),
];
const STARTS: readonly (readonly [Workload, readonly KindName[]])[] = [
  [karpenter, ['nodepools', 'nodeclaims', 'ec2nodeclasses', ...NODES_AND_PODS]],
  [clusterAutoscaler, NODES_AND_PODS],
  [
    recommender,
    [
      'verticalpodautoscalers',
      'verticalpodautoscalercheckpoints',
      'pods',
      'nodes',
      'limitranges',
      'deployments',
      'jobs',
    ],
  ],
  [updater, ['verticalpodautoscalers', 'pods', 'limitranges', 'replicasets', 'deployments']],
  [admission, ['verticalpodautoscalers', 'limitranges', 'deployments']],
  [keda, ['scaledobjects', 'horizontalpodautoscalers', 'secrets', 'configmaps', 'deployments']],
];

/** What makes more of pods and nodes, and less of them. */
export const autoscalers: Actor = (stretch, rates, dice) => [
  ...about(rates.autoscaling, stretch, dice).map((at) => scales(at, dice)),
  ...STARTS.flatMap(([workload, kinds], i) =>
    every(47 * HOUR, (3 * i + 2) * HOUR, stretch).flatMap(({ at, n }) =>
      starts(podOf(workload, n), at, kinds, dice),
    ),
  ),
  ...every(47 * HOUR, 14 * HOUR, stretch).flatMap(({ at, n }) => registers(at, n)),
  ...every(6 * HOUR, 4 * HOUR, stretch).flatMap(({ at }) => removesNode(at, dice)),
];

function scales(at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  const choices: readonly Omit<Call, 'at'>[] = [
    { by: hpa, verb: 'get', to: target('deployments', app, app, 'scale') },
    { by: hpa, verb: 'list', to: target('pods.metrics.k8s.io', app), query: `labelSelector=app%3D${app}` },
    { by: hpa, verb: 'update', to: target('horizontalpodautoscalers', app, app, 'status') },
    { by: hpa, verb: 'update', to: target('deployments', app, app, 'scale') },
    { by: podOf(recommender), verb: 'patch', to: target('verticalpodautoscalers', app, app, 'status') },
    { by: podOf(recommender), verb: 'list', to: target('pods.metrics.k8s.io') },
    { by: podOf(updater), verb: 'create', to: target('pods', app, podName(app, dice.hex(14)), 'eviction') },
    {
      by: podOf(clusterAutoscaler),
      verb: 'update',
      to: target('configmaps', SYSTEM, 'cluster-autoscaler-status'),
    },
    {
      by: podOf(karpenter),
      verb: 'patch',
      to: target('nodeclaims', undefined, `default-${dice.hex(5)}`, 'status'),
    },
    { by: podOf(keda), verb: 'get', to: target('secrets', app, `${app}-api`) },
    { by: podOf(keda), verb: 'update', to: target('scaledobjects', app, app, 'status') },
  ];
  return { at, ...dice.pick(choices) };
}

/** The admission controller of VPA makes its webhook anew whenever it starts; KEDA's operator writes its own CA into its own. */
function registers(at: Micros, n: number): readonly Call[] {
  const own = target('mutatingwebhookconfigurations', undefined, 'vpa-webhook-config');
  const body = {
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'vpa-webhook-config' },
    webhooks: [
      {
        name: 'vpa.k8s.io',
        clientConfig: { service: { namespace: SYSTEM, name: 'vpa-webhook' } },
        failurePolicy: 'Ignore',
        rules: [{ resources: ['pods'] }],
      },
    ],
  };
  const by = podOf(admission, n);
  const keeper = podOf(keda, n);
  return [
    { at, by, verb: 'get', to: own },
    { at: after(at, SECOND), by, verb: 'delete', to: own },
    { at: after(at, 11 * SECOND), by, verb: 'create', to: own, body },
    { at: after(at, 12 * SECOND), by: keeper, verb: 'get', to: target('secrets', 'keda', 'kedaorg-certs') },
    {
      at: after(at, 13 * SECOND),
      by: keeper,
      verb: 'update',
      to: target('validatingwebhookconfigurations', undefined, 'keda-admission'),
    },
    {
      at: after(at, 14 * SECOND),
      by: keeper,
      verb: 'update',
      to: target('apiservices', undefined, 'v1beta1.external.metrics.k8s.io'),
    },
  ];
}

/** Karpenter takes a node away: no new pods on it, its pods out, then the node. */
function removesNode(at: Micros, dice: Dice): readonly Call[] {
  const by = podOf(karpenter);
  const name = `ip-10-0-19-${10 + dice.below(200)}.eu-central-1.compute.internal`;
  return [
    { at, by, verb: 'patch', to: target('nodes', undefined, name) },
    ...Array.from({ length: 8 }, (_, i): Call => {
      const app = dice.pick(APPS);
      return {
        at: after(at, (2 + i) * SECOND),
        by,
        verb: 'create',
        to: target('pods', app, podName(app, dice.hex(14)), 'eviction'),
      };
    }),
    { at: after(at, 60 * SECOND), by, verb: 'delete', to: target('nodes', undefined, name) },
    {
      at: after(at, 61 * SECOND),
      by,
      verb: 'delete',
      to: target('nodeclaims', undefined, `default-${dice.hex(5)}`),
    },
  ];
}
