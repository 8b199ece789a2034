import type { Micros } from '../../../src/model/time.ts';
import {
  type Client,
  CONTROL_PLANE,
  component,
  controller,
  podOf,
  VERSION,
  type Workload,
} from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { APPS, podName } from './cluster.ts';
import type { Dice } from './dice.ts';
import { KINDS, type KindName, target } from './kinds.ts';
import { numbered, reconnects } from './nodes.ts';
import { firstList, starts, watch } from './reflector.ts';
import { about, after, DAY, every, HOUR, MINUTE, SECOND } from './schedule.ts';

const LOOPBACK = '127.0.0.1';

const apiServer: Client = {
  user: {
    username: 'system:apiserver',
    uid: '4be1c1d5-3c7c-4b5f-9d55-2f6f2f7a9c11',
    groups: ['system:authenticated', 'system:masters'],
  },
  agent: `kube-apiserver/${VERSION}`,
  addresses: [LOOPBACK],
  reason: '',
};
const scheduler = component(
  'system:kube-scheduler',
  `kube-scheduler/${VERSION}/scheduler`,
  CONTROL_PLANE[0]!,
);
const manager = component(
  'system:kube-controller-manager',
  `kube-controller-manager/${VERSION}/shared-informers`,
  CONTROL_PLANE[0]!,
);

const coreDns: Workload = {
  namespace: 'kube-system',
  account: 'coredns',
  agent: `coredns/v0.0.0 (linux/amd64) kubernetes/$Format`,
  role: 'system:coredns',
};
const kubeProxy: Workload = {
  namespace: 'kube-system',
  account: 'kube-proxy',
  agent: `kube-proxy/${VERSION}`,
  role: 'system:node-proxier',
};

/** API server, scheduler, controller manager, DNS and kube-proxy. */
export const controlPlane: Actor = (stretch, rates, dice) => [
  ...about(rates.leaderLeases, stretch, dice).map((at) => leaderLease(at, dice)),
  ...about(rates.controllerUpdates, stretch, dice).map((at) => controllerUpdate(at, dice)),
  ...about(rates.podsMade, stretch, dice).flatMap((at) => podMade(at, dice)),
  ...about(rates.reviews, stretch, dice).map((at) => review(at, dice)),
  ...every(12 * HOUR, 5 * HOUR, stretch).flatMap(({ at, n }) => newPods(at, n, dice)),
  ...every(3 * DAY, DAY + 21 * HOUR, stretch).flatMap(({ at }) => startsAnew(at, dice)),
  ...every(20 * MINUTE, 0, stretch).flatMap(({ at }) => collectsGarbage(at)),
];

function leaderLease(at: Micros, dice: Dice): Call {
  const [by, name] = dice.pick([
    [apiServer, `apiserver-${'wlv32tlttr4jl3gtroqexyxapa'}`],
    [scheduler, 'kube-scheduler'],
    [manager, 'kube-controller-manager'],
  ] as const);
  return { at, by, verb: 'update', to: target('leases', 'kube-system', name), query: 'timeout=5s' };
}

function controllerUpdate(at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  const [account, kind, name, subresource] = dice.pick([
    ['deployment-controller', 'deployments', app, 'status'],
    ['replicaset-controller', 'replicasets', `${app}-${dice.hex(9)}`, 'status'],
    ['daemon-set-controller', 'daemonsets', 'node-agent', 'status'],
    ['endpointslice-controller', 'endpointslices', `${app}-${dice.hex(5)}`, undefined],
    ['endpoint-controller', 'endpoints', app, undefined],
    ['job-controller', 'jobs', `${app}-nightly`, 'status'],
    ['resourcequota-controller', 'resourcequotas', 'quota', 'status'],
    ['node-controller', 'nodes', undefined, 'status'],
  ] as const);
  if (account === 'node-controller')
    return {
      at,
      by: controller(account),
      verb: 'patch',
      to: target('nodes', undefined, 'ip-10-0-16-10.eu-central-1.compute.internal', 'status'),
    };
  return { at, by: controller(account), verb: 'update', to: target(kind, app, name, subresource) };
}

/** A pod of a deployment or of a nightly job: made, bound, and another one deleted. */
function podMade(at: Micros, dice: Dice): readonly Call[] {
  const app = dice.pick(APPS);
  const name = podName(app, dice.hex(14));
  const account = dice.pick([
    'replicaset-controller',
    'job-controller',
    'statefulset-controller',
    'daemon-set-controller',
  ]);
  const body = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      generateName: `${app}-`,
      namespace: app,
      ownerReferences: [{ kind: 'ReplicaSet', name: app, controller: true }],
    },
    spec: { containers: [{ name: app, image: `registry.example.com/${app}:7` }], serviceAccountName: app },
  };
  return [
    { at, by: controller(account), verb: 'create', to: target('pods', app), body },
    { at: after(at, SECOND), by: scheduler, verb: 'create', to: target('pods', app, name, 'binding') },
    {
      at: after(at, 2 * SECOND),
      by: controller(account),
      verb: 'delete',
      to: target('pods', app, podName(app, dice.hex(14))),
    },
  ];
}

/** Of what asks the kubelets and the extension servers for figures. */
function review(at: Micros, dice: Dice): Call {
  const kind = dice.pick(['tokenreviews', 'subjectaccessreviews'] as const);
  return { at, by: numbered(dice.below(300)), verb: 'create', to: target(kind), query: 'timeout=10s' };
}

const newPods = (at: Micros, n: number, dice: Dice): readonly Call[] => [
  ...starts(podOf(coreDns, n), at, ['services', 'endpointslices', 'namespaces'], dice),
  ...starts(podOf(kubeProxy, n), at, ['services', 'endpointslices', 'nodes'], dice),
];

const SCHEDULER_KINDS: readonly KindName[] = [
  ...(['pods', 'nodes', 'services', 'replicationcontrollers', 'replicasets', 'statefulsets'] as const),
  ...(['persistentvolumes', 'persistentvolumeclaims', 'storageclasses', 'csinodes', 'csidrivers'] as const),
  ...(['poddisruptionbudgets', 'namespaces'] as const),
];
const ALL_KINDS = Object.keys(KINDS) as readonly KindName[];
/** Controllers with clients of their own, and what they watch. */
const CONTROLLERS: Readonly<Record<string, readonly KindName[]>> = {
  'generic-garbage-collector': ALL_KINDS.filter((kind) => !kind.endsWith('reviews')),
  'resourcequota-controller': ALL_KINDS.filter((kind) => KINDS[kind][0] === ''),
  'horizontal-pod-autoscaler': ['horizontalpodautoscalers', 'pods', 'replicasets', 'deployments'],
  'attachdetach-controller': ['nodes', 'persistentvolumes', 'volumeattachments', 'csinodes'],
};

/**
 * An API server restarts. Until its authorizers have read roles and pods they refuse what they allow else: to the scheduler,
 * the controllers and the kubelets that come to it. All try again, and get it.
 */
function startsAnew(at: Micros, dice: Dice): readonly Call[] {
  const clients: readonly (readonly [Client, readonly KindName[]])[] = [
    [scheduler, SCHEDULER_KINDS],
    [manager, ALL_KINDS.filter((kind) => !kind.endsWith('reviews'))],
    ...Object.entries(CONTROLLERS).map(([name, kinds]) => [controller(name), kinds] as const),
  ];
  return [
    ...clients.flatMap(([by, kinds]) => [
      ...refusedAtFirst(by, at, kinds, dice),
      ...starts(by, after(at, 10 * SECOND), kinds, dice),
    ]),
    ...Array.from({ length: 60 }, () =>
      reconnects(numbered(dice.below(300)), after(at, dice.below(20 * SECOND)), dice),
    ).flat(),
    { at, by: apiServer, verb: 'create', to: target('leases', 'kube-system') },
    ...(['clusterroles', 'clusterrolebindings', 'namespaces'] as const).map((kind) =>
      firstList(apiServer, at, target(kind)),
    ),
    ...(['secrets', 'configmaps', 'roles'] as const).map((kind) => watch(apiServer, at, target(kind), dice)),
  ];
}

function refusedAtFirst(by: Client, at: Micros, kinds: readonly KindName[], dice: Dice): readonly Call[] {
  const role = by.user.username!.replace('system:serviceaccount:kube-system:', 'system:controller:');
  const refused = `RBAC: clusterrole.rbac.authorization.k8s.io "${role}" not found`;
  return kinds
    .slice(0, 12)
    .map((kind) => ({ ...firstList(by, after(at, dice.below(3 * SECOND)), target(kind)), refused }));
}

/** It looks up which kinds there are, time and again. */
function collectsGarbage(at: Micros): readonly Call[] {
  const by = controller('generic-garbage-collector');
  return ['/api', '/apis'].map((path) => ({ at, by, verb: 'get', to: { path } }));
}
