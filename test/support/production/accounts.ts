import { dice } from './dice.ts';

/** Who sends a request, with what and from where. */
export interface Client {
  readonly user: {
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly agent: string;
  /** X-Forwarded-For and the peer, as sourceIPs has them. */
  readonly addresses: readonly string[];
  /** What the authorizer says when it allows. */
  readonly reason: string;
}

/** Something that runs in pods under a service account. */
export interface Workload {
  readonly namespace: string;
  readonly account: string;
  readonly agent: string;
  /** The prefix of its pods' names; the account's name where it is left out. */
  readonly pod?: string;
  /** The cluster role, and its binding; the account's name where it is left out. */
  readonly role?: string;
}

const pods = new Map<string, Client>();

/** The n-th pod of a workload: each has a name, a node and an address of its own. */
export function podOf(workload: Workload, n = 0): Client {
  const key = `${workload.namespace} ${workload.account} ${workload.agent} ${n}`;
  const pod = pods.get(key) ?? newPod(workload, n);
  pods.set(key, pod);
  return pod;
}

function newPod(workload: Workload, n: number): Client {
  const { namespace, account, agent, pod = account, role = account } = workload;
  const own = dice('pod', namespace, account, n);
  const node = nodeName(own.below(NODES));
  return {
    user: {
      username: `system:serviceaccount:${namespace}:${account}`,
      uid: dice('account', namespace, account).uuid(),
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${own.uuid()}`],
        'authentication.kubernetes.io/node-name': [node],
        'authentication.kubernetes.io/node-uid': [dice('node', node).uuid()],
        'authentication.kubernetes.io/pod-name': [`${pod}-${own.hex(9)}-${own.hex(5)}`],
        'authentication.kubernetes.io/pod-uid': [own.uuid()],
      },
    },
    agent,
    addresses: [`10.64.${own.below(256)}.${1 + own.below(254)}`],
    reason: `RBAC: allowed by ClusterRoleBinding "${role}" of ClusterRole "${role}" to ServiceAccount "${account}/${namespace}"`,
  };
}

export const NODES = 300;

/** Names and addresses as EC2 gives them. */
export const nodeAddress = (n: number): string => `10.0.${16 + Math.floor(n / 200)}.${10 + (n % 200)}`;
export const nodeName = (n: number): string =>
  `ip-${nodeAddress(n).replaceAll('.', '-')}.eu-central-1.compute.internal`;

export function kubelet(name: string, address: string, agent = KUBELET): Client {
  return {
    user: {
      username: `system:node:${name}`,
      groups: ['system:nodes', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`X509SHA256=${dice('certificate', name).hex(64)}`],
      },
    },
    agent,
    addresses: [address],
    reason: '',
  };
}

export const VERSION = 'v1.34.3 (linux/amd64) kubernetes/df11db1';
export const KUBELET = `kubelet/${VERSION}`;

/** A part of the control plane that has a certificate of its own. */
export const component = (username: string, agent: string, address: string): Client => ({
  user: { username, groups: ['system:authenticated'] },
  agent,
  addresses: [address],
  reason: `RBAC: allowed by ClusterRoleBinding "${username}" of ClusterRole "${username}" to User "${username}"`,
});

/** The controller manager acts for each of its controllers under an account of its own. */
export function controller(account: string, address = CONTROL_PLANE[0]!): Client {
  const role = `system:controller:${account}`;
  return {
    user: {
      username: `system:serviceaccount:kube-system:${account}`,
      uid: dice('account', 'kube-system', account).uuid(),
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
    },
    agent: `kube-controller-manager/${VERSION}/system:serviceaccount:kube-system:${account}`,
    addresses: [address],
    reason: `RBAC: allowed by ClusterRoleBinding "${role}" of ClusterRole "${role}" to ServiceAccount "${account}/kube-system"`,
  };
}

export const CONTROL_PLANE = ['10.0.0.10', '10.0.0.11', '10.0.0.12'];

/** People come through the office's gateway. */
export const OFFICE = '198.51.100.1';
export const KUBECTL = 'kubectl/v1.34.2 (darwin/arm64) kubernetes/8cc511e';

export const person = (name: string, groups: readonly string[], agent = KUBECTL): Client => ({
  user: { username: `${name}@example.com`, groups: [...groups, 'system:authenticated'] },
  agent,
  addresses: [OFFICE],
  reason: `RBAC: allowed by ClusterRoleBinding "${groups[0]}" of ClusterRole "${groups[0]}" to Group "${groups[0]}"`,
});

export const anonymous = (agent: string, ...addresses: readonly string[]): Client => ({
  user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
  agent,
  addresses,
  reason:
    'RBAC: allowed by ClusterRoleBinding "system:public-info-viewer" of ClusterRole "system:public-info-viewer" to Group "system:unauthenticated"',
});

/** Where anonymous access is off: nobody at all. */
export const unknown = (agent: string, ...addresses: readonly string[]): Client => ({
  user: {},
  agent,
  addresses,
  reason: '',
});
