import type { Micros } from '../../../src/model/time.ts';
import { type Client, CONTROL_PLANE } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { target } from './kinds.ts';
import { numbered } from './nodes.ts';
import { after, DAY, every, HOUR, SECOND } from './schedule.ts';

const SYSTEM = 'kube-system';
const kubeadm: Client = {
  user: { username: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:authenticated'] },
  agent: 'kubeadm/v1.34.3 (linux/amd64) kubernetes/df11db1',
  addresses: [CONTROL_PLANE[0]!],
  reason:
    'RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole "cluster-admin" to Group "kubeadm:cluster-admins"',
};

/** `kubeadm upgrade apply`, once a week: it writes again what it wrote when it made the cluster. */
export const upgrades: Actor = (stretch) =>
  every(7 * DAY, DAY + 20 * HOUR + HOUR / 2, stretch).flatMap(({ at }) => [
    ...upgrade(at),
    ...staticPods(at),
  ]);

const bound = (name: string, group: string) => ({
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ kind: 'Group', name: group }],
});

const BINDINGS = [
  ['kubeadm:get-nodes', bound('kubeadm:get-nodes', 'system:bootstrappers:kubeadm:default-node-token')],
  [
    'kubeadm:kubelet-bootstrap',
    bound('system:node-bootstrapper', 'system:bootstrappers:kubeadm:default-node-token'),
  ],
  [
    'kubeadm:node-autoapprove-bootstrap',
    bound(
      'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
      'system:bootstrappers:kubeadm:default-node-token',
    ),
  ],
  [
    'kubeadm:node-autoapprove-certificate-rotation',
    bound('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', 'system:nodes'),
  ],
  ['kubeadm:cluster-admins', bound('cluster-admin', 'kubeadm:cluster-admins')],
] as const;

const CLUSTER_INFO = {
  roleRef: {
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'Role',
    name: 'kubeadm:bootstrap-signer-clusterinfo',
  },
  subjects: [{ kind: 'User', name: 'system:anonymous' }],
};

const PROXY = {
  spec: {
    template: {
      spec: {
        hostNetwork: true,
        containers: [
          {
            name: 'kube-proxy',
            image: 'registry.k8s.io/kube-proxy:v1.34.3',
            securityContext: { privileged: true },
          },
        ],
        volumes: [{ hostPath: { path: '/run/xtables.lock' } }, { hostPath: { path: '/lib/modules' } }],
      },
    },
  },
};

function upgrade(at: Micros): readonly Call[] {
  const writes: readonly Omit<Call, 'at' | 'by'>[] = [
    ...['kubeadm-config', 'kubelet-config', 'kube-proxy', 'coredns'].map((name) => ({
      verb: 'update',
      to: target('configmaps', SYSTEM, name),
    })),
    ...BINDINGS.map(([name, body]) => ({
      verb: 'update',
      to: target('clusterrolebindings', undefined, name),
      body,
    })),
    {
      verb: 'update',
      to: target('clusterroles', undefined, 'system:coredns'),
      body: {
        rules: [
          {
            apiGroups: [''],
            resources: ['endpoints', 'services', 'pods', 'namespaces'],
            verbs: ['list', 'watch'],
          },
        ],
      },
    },
    {
      verb: 'update',
      to: target('clusterrolebindings', undefined, 'system:coredns'),
      body: bound('system:coredns', 'coredns'),
    },
    {
      verb: 'update',
      to: target('rolebindings', 'kube-public', 'kubeadm:bootstrap-signer-clusterinfo'),
      body: CLUSTER_INFO,
    },
    { verb: 'update', to: target('serviceaccounts', SYSTEM, 'coredns') },
    { verb: 'update', to: target('deployments', SYSTEM, 'coredns'), body: {} },
    { verb: 'update', to: target('daemonsets', SYSTEM, 'kube-proxy'), body: PROXY },
    { verb: 'create', to: target('jobs', SYSTEM, 'upgrade-health-check-x7k2q'), body: {} },
    { verb: 'delete', to: target('jobs', SYSTEM, 'upgrade-health-check-x7k2q') },
  ];
  return [
    {
      at,
      by: kubeadm,
      verb: 'list',
      to: target('nodes'),
      query: 'labelSelector=node-role.kubernetes.io%2Fcontrol-plane&timeout=10s',
    },
    ...writes.map((write, i) => ({
      at: after(at, (2 + i) * SECOND),
      by: kubeadm,
      query: 'timeout=10s',
      ...write,
    })),
  ];
}

/** The kubelet of a control plane node shows its new static pods. */
function staticPods(at: Micros): readonly Call[] {
  const by = numbered(0);
  const node = by.user.username!.slice('system:node:'.length);
  return ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map((name, i) => ({
    at: after(at, (30 + i) * SECOND),
    by,
    verb: 'create',
    to: target('pods', SYSTEM, `${name}-${node}`),
    body: {
      metadata: { name: `${name}-${node}`, annotations: { 'kubernetes.io/config.mirror': 'd41d8cd98f00' } },
      spec: {
        hostNetwork: true,
        containers: [{ name, image: `registry.k8s.io/${name}:v1.34.3` }],
        volumes: [{ hostPath: { path: '/etc/kubernetes/pki' } }],
      },
    },
  }));
}
