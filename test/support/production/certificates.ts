import type { Micros } from '../../../src/model/time.ts';
import { type Client, component, controller, KUBELET, kubelet, podOf, type Workload } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import type { Dice } from './dice.ts';
import { target } from './kinds.ts';
import { anyNode } from './nodes.ts';
import { after, every, HOUR, SECOND } from './schedule.ts';
import { kubernetesClient } from './user-agents.ts';

const approver: Workload = {
  namespace: 'kube-system',
  account: 'kubelet-csr-approver',
  agent: kubernetesClient('kubelet-csr-approver'),
};

/** Who approves certificates of nodes, by signer: Kubernetes, a program for it, and the clouds' own. */
const CLIENT = {
  signer: 'kubernetes.io/kube-apiserver-client-kubelet',
  by: controller('certificate-controller'),
};
const SERVING = { signer: 'kubernetes.io/kubelet-serving', by: podOf(approver) };
const SERVING_OF_EKS = {
  signer: 'kubernetes.io/kubelet-serving',
  by: component('eks:certificate-controller', kubernetesClient('eks-certificates-controller'), '10.0.240.17'),
};
const SERVING_OF_GKE = {
  signer: 'kubernetes.io/kubelet-serving',
  by: component(
    'system:gcp-controller-manager',
    kubernetesClient('gcp-controller-manager', 'v34.2.1'),
    '127.0.0.1',
  ),
};

interface Signing {
  readonly signer: string;
  readonly by: Client;
}

/** Nodes that renew their certificates, and nodes that join. */
export const certificates: Actor = (stretch, _, dice) => [
  ...every(2 * HOUR, HOUR, stretch).flatMap(({ at }) => signed(anyNode(dice), CLIENT, at, dice)),
  ...every(3 * HOUR, HOUR / 2, stretch).flatMap(({ at }) => signed(anyNode(dice), SERVING, at, dice)),
  ...every(24 * HOUR, 6 * HOUR, stretch).flatMap(({ at }) => signed(anyNode(dice), SERVING_OF_EKS, at, dice)),
  ...every(24 * HOUR, 7 * HOUR, stretch).flatMap(({ at }) => signed(anyNode(dice), SERVING_OF_GKE, at, dice)),
  ...every(6 * HOUR, 3 * HOUR, stretch).flatMap(({ at }) => joins(at, dice)),
];

function signed(node: Client, { signer, by }: Signing, at: Micros, dice: Dice): readonly Call[] {
  const name = `csr-${dice.hex(5)}`;
  const body = {
    kind: 'CertificateSigningRequest',
    apiVersion: 'certificates.k8s.io/v1',
    metadata: { name, generateName: 'csr-' },
    spec: {
      signerName: signer,
      usages: ['digital signature', signer.includes('serving') ? 'server auth' : 'client auth'],
      username: node.user.username,
    },
  };
  const approved = {
    ...body,
    status: { conditions: [{ type: 'Approved', status: 'True', reason: 'AutoApproved' }] },
  };
  const signers = controller('certificate-controller');
  return [
    { at, by: node, verb: 'create', to: target('certificatesigningrequests', undefined, name), body },
    { at: after(at, SECOND / 2), by, verb: 'create', to: target('subjectaccessreviews') },
    {
      at: after(at, SECOND),
      by,
      verb: 'update',
      to: target('certificatesigningrequests', undefined, name, 'approval'),
      body: approved,
    },
    {
      at: after(at, 2 * SECOND),
      by: signers,
      verb: 'update',
      to: target('certificatesigningrequests', undefined, name, 'status'),
    },
    {
      at: after(at, 3 * SECOND),
      by: node,
      verb: 'get',
      to: target('certificatesigningrequests', undefined, name),
    },
  ];
}

/** A node that the autoscaler ordered: bootstrap token, certificates, then the node itself. */
function joins(at: Micros, dice: Dice): readonly Call[] {
  const address = `10.0.19.${10 + dice.below(200)}`;
  const name = `ip-${address.replaceAll('.', '-')}.eu-central-1.compute.internal`;
  const token: Client = {
    user: {
      username: `system:bootstrap:${dice.hex(6)}`,
      groups: [
        'system:bootstrappers',
        'system:bootstrappers:kubeadm:default-node-token',
        'system:authenticated',
      ],
    },
    agent: KUBELET,
    addresses: [address],
    reason:
      'RBAC: allowed by ClusterRoleBinding "kubeadm:kubelet-bootstrap" of ClusterRole "system:node-bootstrapper" to Group "system:bootstrappers:kubeadm:default-node-token"',
  };
  const node = kubelet(name, address);
  return [
    ...signed(token, CLIENT, at, dice),
    { at: after(at, 5 * SECOND), by: node, verb: 'get', to: target('nodes', undefined, name), code: 404 },
    {
      at: after(at, 6 * SECOND),
      by: node,
      verb: 'create',
      to: target('nodes', undefined, name),
      body: { kind: 'Node', apiVersion: 'v1', metadata: { name } },
    },
    { at: after(at, 6 * SECOND), by: node, verb: 'create', to: target('csinodes') },
    { at: after(at, 7 * SECOND), by: node, verb: 'create', to: target('leases', 'kube-node-lease') },
    ...signed(node, SERVING, after(at, 8 * SECOND), dice),
  ];
}
