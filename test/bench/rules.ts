// Made-up rules in the forms that Kubernetes audit rules have: nearly all ask for a verb, a resource, a code or a group by
// equality, and some look into strings or leave known clients out. Few match the captured ordinary day; some match scans.

const RESOURCES = [
  ...['secrets', 'pods', 'configmaps', 'serviceaccounts', 'nodes', 'services', 'deployments', 'daemonsets'],
  ...['jobs', 'cronjobs', 'roles', 'rolebindings', 'clusterroles', 'clusterrolebindings', 'namespaces'],
  ...['events', 'networkpolicies', 'persistentvolumes', 'validatingwebhookconfigurations', 'leases'],
];
const READS = ['get', 'list', 'watch'];
const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const SUBRESOURCES = [
  'exec',
  'attach',
  'portforward',
  'log',
  'proxy',
  'token',
  'approval',
  'ephemeralcontainers',
];
const NAMESPACES = ['kube-system', 'kube-public', 'default', 'monitoring', 'ingress'];
const CODES = [401, 403, 404, 409, 422, 429, 500];
const GROUPS = ['system:unauthenticated', 'system:masters', 'system:serviceaccounts', 'system:nodes'];
const USERS = ['system:anonymous', 'kubernetes-admin', 'system:admin', 'cluster-admin', 'root'];
const AGENTS = ['curl/', 'python-requests', 'kube-hunter', 'Go-http-client', 'nmap', 'Wget'];

/** The i-th of a list that has no end. */
const at = <T>(list: readonly T[], i: number): T => list[i % list.length]!;
/** `n` neighbours of a list, as a YAML list. */
const some = (list: readonly (string | number)[], i: number, n: number): string =>
  `[${Array.from({ length: n }, (_, k) => `'${at(list, i + k)}'`).join(', ')}]`;

/** Detections, one a form. `i` is another number for each rule of the form. */
const FORMS: readonly ((i: number) => string)[] = [
  (i) => `
  selection:
    verb: ${some(READS, i, 2)}
    objectRef.resource: ${at(RESOURCES, i)}
    objectRef.namespace: ${some(NAMESPACES, i, 2)}
    responseStatus.code: 200
  known:
    user.username|startswith: 'system:serviceaccount:${at(NAMESPACES, i)}:'
  condition: selection and not known`,
  (i) => `
  selection:
    verb: create
    objectRef.resource: pods
    objectRef.subresource: ${some(SUBRESOURCES, i, 2)}
    objectRef.namespace: ${at(NAMESPACES, i)}
  condition: selection`,
  (i) => `
  selection:
    user.groups: ${at(GROUPS, i)}
    responseStatus.code: ${some(CODES, i, 3)}
    objectRef.resource: ${some(RESOURCES, i, 3)}
  condition: selection`,
  (i) => `
  selection:
    verb: ${some(WRITES, i, 3)}
    objectRef.resource: ${some(RESOURCES, i, 2)}
    objectRef.name|contains: ['admin${i}', 'system:']
  controller:
    - user.username: 'system:serviceaccount:kube-system:controller-${i}'
    - user.username|startswith: 'system:node:'
    - userAgent|contains: kube-controller-manager
  condition: selection and not 1 of controller*`,
  (i) => `
  agent:
    userAgent|startswith: '${at(AGENTS, i)}'
    verb: ${some([...READS, ...WRITES], i, 3)}
    user.username: ${some(USERS, i, 2)}
  condition: agent`,
  (i) => `
  selection:
    verb: ${at(WRITES, i)}
    objectRef.resource: ${at(RESOURCES, i * 7)}
    objectRef.namespace: ${some(NAMESPACES, i, 2)}
  masters:
    user.groups: 'system:masters'
  condition: selection and not masters`,
  (i) => `
  anonymous:
    - user.username: 'system:anonymous'
      responseStatus.code: ${some(CODES, i, 2)}
    - user.groups: 'system:unauthenticated'
      responseStatus.code: ${at(CODES, i + 2)}
  path:
    requestURI|startswith: ['/api/v${i}', '/apis/apps/v1/${at(RESOURCES, i)}']
  condition: anonymous and path`,
  (i) => `
  selection:
    objectRef.apiGroup: rbac.authorization.k8s.io
    verb: ${some(WRITES, i, 2)}
    objectRef.resource: ${some(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'], i, 2)}
    annotations.authorization.k8s.io/decision: forbid
  own:
    userAgent|contains: 'operator-${i}'
  condition: selection and not own`,
  (i) => `
  selection:
    verb: ${some(READS, i, 3)}
    objectRef.resource: ${at(RESOURCES, i * 3)}
    objectRef.subresource: ${at(SUBRESOURCES, i)}
  address:
    sourceIPs|cidr: 10.${i % 256}.0.0/16
  condition: selection and not address`,
  (i) => `
  selection:
    impersonatedUser.username: 'team-${i}'
    verb: ${some([...WRITES, ...READS], i, 4)}
  missing:
    objectRef.namespace: null
  condition: selection and not missing`,
];

/** `n` base rules as one YAML text: each loads without a problem, and the same `n` gives the same rules. */
export function generatedRules(n: number): string {
  const documents = Array.from({ length: n }, (_, i) => {
    const form = i % FORMS.length;
    return `title: Generated rule ${i}
id: generated-${i}
name: generated_${i}
logsource: {product: kubernetes, service: audit}
level: medium
detection:${FORMS[form]!(Math.floor(i / FORMS.length) * 3 + form)}
`;
  });
  return documents.join('---\n');
}
