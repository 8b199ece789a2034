import type { Micros } from '../../../src/model/time.ts';
import { type Client, component, KUBELET, kubelet, podOf, type Workload } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { networking, targetOf } from './charts.ts';
import { APPS } from './cluster.ts';
import type { Dice } from './dice.ts';
import { type KindName, selected, target } from './kinds.ts';
import { starts, watch } from './reflector.ts';
import { after, DAY, every, HOUR, MINUTE, SECOND } from './schedule.ts';
import { KUBECTL_LINUX, kubernetesClient } from './user-agents.ts';

// What the providers add. No cluster has all three; here they share one, since no rule counts over accounts.

const SYSTEM = 'kube-system';
const masters = (username: string, agent: string, address: string): Client => ({
  user: { username, groups: ['system:masters', 'system:authenticated'] },
  agent,
  addresses: [address],
  reason: '',
});
const inSystem = (account: string, agent = kubernetesClient(account)): Workload => ({
  namespace: SYSTEM,
  account,
  agent,
});

const LISTED: readonly KindName[] = [
  ...(['nodes', 'namespaces', 'pods', 'services', 'deployments', 'daemonsets', 'statefulsets'] as const),
  ...(['configmaps', 'persistentvolumes', 'networkpolicies', 'customresourcedefinitions'] as const),
];

interface Account {
  readonly by: Client;
  readonly kinds: readonly KindName[];
}

const EKS: readonly Account[] = [
  { by: component('eks:k8s-metrics', 'eks-k8s-metrics', '10.0.240.21'), kinds: LISTED },
  {
    by: component('eks:vpc-resource-controller', kubernetesClient('controller'), '10.0.240.22'),
    kinds: ['nodes', 'pods', 'configmaps'],
  },
  { by: podOf(inSystem('aws-node', kubernetesClient('aws-node'))), kinds: ['nodes', 'namespaces', 'pods'] },
  {
    by: podOf(inSystem('ebs-csi-node-sa', kubernetesClient('aws-ebs-csi-driver'))),
    kinds: ['nodes', 'csinodes'],
  },
];
const AKS: readonly Account[] = [
  { by: masters('masterclient', KUBECTL_LINUX, '172.31.34.2'), kinds: LISTED },
  {
    by: component('aksProblemDetector', kubernetesClient('aks-problem-detector'), '172.31.34.3'),
    kinds: ['nodes', 'pods', 'namespaces', 'configmaps', 'customresourcedefinitions', 'networkpolicies'],
  },
  { by: podOf(inSystem('csi-azuredisk-node-sa', kubernetesClient('azurediskplugin'))), kinds: ['nodes'] },
  {
    by: podOf(inSystem('csi-azurefile-node-sa', kubernetesClient('azurefileplugin'))),
    kinds: ['nodes', 'persistentvolumes'],
  },
  {
    by: podOf(inSystem('cloud-node-manager', kubernetesClient('azure-cloud-node-manager', 'v1.30.5'))),
    kinds: ['nodes'],
  },
  {
    by: podOf(inSystem('ama-logs', 'Ruby')),
    kinds: ['pods', 'nodes', 'namespaces', 'services', 'persistentvolumes'],
  },
];
const GKE: readonly Account[] = [
  {
    by: component('system:l7-lb-controller', kubernetesClient('glbc'), '127.0.0.1'),
    kinds: ['ingresses', 'services', 'endpointslices', 'secrets', 'nodes', 'configmaps'],
  },
  {
    by: component('system:kubestore-collector', kubernetesClient('kubestore_collector'), '127.0.0.1'),
    kinds: [
      ...LISTED,
      'roles',
      'rolebindings',
      'clusterroles',
      'clusterrolebindings',
      'serviceaccounts',
      'secrets',
    ],
  },
  {
    by: component('system:clustermetrics', kubernetesClient('metrics-collector'), '127.0.0.1'),
    kinds: LISTED,
  },
  {
    by: component(
      'system:managed-certificate-controller',
      kubernetesClient('managed-certificate-controller'),
      '127.0.0.1',
    ),
    kinds: ['ingresses', 'configmaps'],
  },
  {
    by: podOf(inSystem('pdcsi-node-sa', kubernetesClient('gce-pd-csi-driver'))),
    kinds: ['nodes', 'csinodes'],
  },
  { by: podOf(inSystem('fluentbit-gke', 'Fluent-Bit')), kinds: ['pods', 'namespaces'] },
  {
    by: podOf({ namespace: 'gmp-system', account: 'operator', agent: kubernetesClient('operator') }),
    kinds: [
      'configmaps',
      'secrets',
      'nodes',
      'pods',
      'validatingwebhookconfigurations',
      'mutatingwebhookconfigurations',
      'customresourcedefinitions',
    ],
  },
];

const addOns: Client = component('eks:addon-manager', kubernetesClient('eks-addon-manager'), '10.0.240.20');
const addOnsOfGke = component('system:addon-manager', KUBECTL_LINUX, '127.0.0.1');
const aksService = masters('aksService', KUBECTL_LINUX, '172.31.34.1');

/** Accounts of EKS, AKS and GKE: they watch, roll out their own daemon sets, and give nodes what they need. */
export const cloud: Actor = (stretch, _, dice) => [
  ...[...EKS, ...AKS, ...GKE].flatMap(({ by, kinds }, i) =>
    every(43 * HOUR, (2 * i + 1) * HOUR, stretch).flatMap(({ at }) => starts(by, at, kinds, dice)),
  ),
  ...every(30 * MINUTE, 11 * MINUTE, stretch).flatMap(({ at }) => nodesOfOthers(at, dice)),
  ...every(3 * DAY, DAY + 3 * HOUR, stretch).flatMap(({ at }) => rollsOut(at)),
  ...every(2 * HOUR, 50 * MINUTE, stretch).flatMap(({ at }) => mountsShares(at, dice)),
];

/** Kubelets with the names that AKS and GKE give. */
function nodesOfOthers(at: Micros, dice: Dice): readonly Call[] {
  const app = dice.pick(APPS);
  const nodes = [
    kubelet(`aks-nodepool1-29151472-vmss00000${dice.hex(1)}`, `10.224.0.${10 + dice.below(100)}`),
    kubelet(
      `gke-prod-default-pool-3f1c8a2e-${dice.hex(4)}`,
      `10.132.0.${10 + dice.below(100)}`,
      KUBELET.replace('v1.34.3', 'v1.34.3-gke.1279000'),
    ),
  ];
  return nodes.flatMap((by): Call[] => [
    {
      at,
      by,
      verb: 'patch',
      to: target('nodes', undefined, by.user.username!.slice('system:node:'.length), 'status'),
    },
    watch(by, after(at, SECOND), selected('secrets', app, `${app}-tls`), dice),
  ]);
}

/** New versions of what the provider runs on each node. */
function rollsOut(at: Micros): readonly Call[] {
  const daemons = networking.parts.filter(({ kind }) => kind === 'daemonsets');
  return [addOns, aksService, addOnsOfGke].flatMap((by, i) => [
    ...daemons.map(
      (part): Call => ({
        at: after(at, i * MINUTE),
        by,
        verb: 'patch',
        to: targetOf({ ...part, name: ['aws-node', 'azure-cns', 'gke-metadata-server'][i]! }),
        query: 'fieldManager=addons&force=true',
        body: part.body,
      }),
    ),
    { at: after(at, i * MINUTE + SECOND), by, verb: 'patch', to: target('configmaps', SYSTEM, 'coredns') },
    {
      at: after(at, i * MINUTE + 2 * SECOND),
      by,
      verb: 'patch',
      to: target('clusterroles', undefined, 'system:coredns'),
    },
  ]);
}

/** The CSI driver for Azure's file shares reads the key of a share where its claim is; EKS lets new nodes in. */
function mountsShares(at: Micros, dice: Dice): readonly Call[] {
  const app = dice.pick(APPS);
  const driver = podOf(inSystem('csi-azurefile-node-sa', kubernetesClient('azurefileplugin')));
  return [
    { at, by: driver, verb: 'get', to: target('secrets', app, 'azure-storage-account-prodshares-secret') },
    {
      at: after(at, SECOND),
      by: component('eks:node-manager', kubernetesClient('eks-node-manager'), '10.0.240.19'),
      verb: 'update',
      to: target('configmaps', SYSTEM, 'aws-auth'),
    },
  ];
}
