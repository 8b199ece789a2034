import type { Micros } from '../../../src/model/time.ts';
import { podOf, type Workload } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { APPS, SECRETS } from './cluster.ts';
import type { Dice } from './dice.ts';
import { type KindName, target } from './kinds.ts';
import { starts, watch } from './reflector.ts';
import { about, after, every, HOUR, MINUTE, SECOND } from './schedule.ts';
import { kubernetesClient, manager } from './user-agents.ts';

interface Operator extends Workload {
  /** What it lists and watches in the whole cluster when it starts. */
  readonly kinds: readonly KindName[];
  /** The same of its own namespace alone. */
  readonly own?: readonly KindName[];
  readonly selectors?: Partial<Record<KindName, string>>;
  /** What it writes states of. */
  readonly status?: KindName;
}

const PROMETHEUS_SECRETS =
  'fieldSelector=type%21%3Dkubernetes.io%2Fdockercfg%2Ctype%21%3Dkubernetes.io%2Fservice-account-token%2Ctype%21%3Dhelm.sh%2Frelease.v1&';

const WORKLOADS: readonly KindName[] = [
  'deployments',
  'daemonsets',
  'statefulsets',
  'replicasets',
  'jobs',
  'cronjobs',
];
const METRICS_KINDS: readonly KindName[] = [
  ...WORKLOADS,
  ...(['certificatesigningrequests', 'configmaps', 'endpointslices', 'horizontalpodautoscalers'] as const),
  ...(['ingresses', 'leases', 'limitranges', 'mutatingwebhookconfigurations', 'namespaces'] as const),
  ...(['networkpolicies', 'nodes', 'persistentvolumeclaims', 'persistentvolumes'] as const),
  ...(['poddisruptionbudgets', 'pods', 'replicationcontrollers', 'resourcequotas', 'secrets'] as const),
  ...(['services', 'storageclasses', 'validatingwebhookconfigurations', 'volumeattachments'] as const),
];

/** Accounts, agents and kinds as the charts and manifests of these projects have them. */
export const OPERATORS = {
  stateMetrics: {
    namespace: 'monitoring',
    account: 'my-release-kube-state-metrics',
    agent: kubernetesClient('kube-state-metrics', 'v2.13.0'),
    kinds: METRICS_KINDS,
  },
  prometheusOperator: {
    namespace: 'monitoring',
    account: 'monitoring-kube-prometheus-operator',
    agent: 'PrometheusOperator/0.76.0',
    kinds: [
      'prometheuses',
      'alertmanagers',
      'servicemonitors',
      'podmonitors',
      'prometheusrules',
      'secrets',
      'configmaps',
      'statefulsets',
      'namespaces',
    ],
    selectors: { secrets: PROMETHEUS_SECRETS },
    status: 'prometheuses',
  },
  prometheus: {
    namespace: 'monitoring',
    account: 'monitoring-kube-prometheus-prometheus',
    agent: 'Prometheus/2.54.1',
    kinds: ['pods', 'services', 'endpointslices', 'nodes', 'ingresses'],
  },
  grafana: {
    namespace: 'monitoring',
    account: 'monitoring-grafana',
    agent: 'OpenAPI-Generator/30.1.0/python',
    kinds: ['configmaps', 'secrets'],
    selectors: {
      configmaps: 'labelSelector=grafana_dashboard%3D1&',
      secrets: 'labelSelector=grafana_dashboard%3D1&',
    },
  },
  certManager: {
    namespace: 'cert-manager',
    account: 'cert-manager',
    agent: 'cert-manager-controller/v1.15.3 (linux/amd64) cert-manager/b8b8e7b3bb5b9d1a4b9f',
    kinds: [
      'certificates',
      'certificaterequests',
      'issuers',
      'clusterissuers',
      'challenges',
      'orders',
      'secrets',
      'ingresses',
      'pods',
      'services',
    ],
    status: 'certificates',
  },
  cainjector: {
    namespace: 'cert-manager',
    account: 'cert-manager-cainjector',
    agent: 'cert-manager-cainjector/v1.15.3 (linux/amd64) cert-manager/b8b8e7b3bb5b9d1a4b9f',
    kinds: [
      'certificates',
      'secrets',
      'mutatingwebhookconfigurations',
      'validatingwebhookconfigurations',
      'apiservices',
      'customresourcedefinitions',
    ],
  },
  cainjectorOfRelease: {
    namespace: 'certs',
    account: 'certs-cert-manager-cainjector',
    agent: 'cainjector/v1.15.3 (linux/amd64) cert-manager/b8b8e7b3bb5b9d1a4b9f',
    kinds: [
      'certificates',
      'secrets',
      'mutatingwebhookconfigurations',
      'validatingwebhookconfigurations',
      'apiservices',
      'customresourcedefinitions',
    ],
  },
  externalSecrets: {
    namespace: 'external-secrets',
    account: 'external-secrets',
    agent: kubernetesClient('external-secrets'),
    kinds: ['externalsecrets', 'secretstores', 'clustersecretstores', 'secrets', 'namespaces'],
    status: 'externalsecrets',
  },
  externalSecretsCerts: {
    namespace: 'external-secrets',
    account: 'external-secrets-cert-controller',
    agent: kubernetesClient('external-secrets'),
    kinds: ['customresourcedefinitions', 'validatingwebhookconfigurations'],
    own: ['secrets', 'endpoints'],
  },
  ingressNginx: {
    namespace: 'ingress-nginx',
    account: 'ingress-nginx',
    agent: kubernetesClient('nginx-ingress-controller', 'v1.11.2', 'ingress-nginx'),
    kinds: ['ingresses', 'ingressclasses', 'services', 'endpointslices', 'secrets', 'nodes'],
    own: ['configmaps', 'pods'],
    selectors: { secrets: 'labelSelector=OWNER%21%3DTILLER&' },
    status: 'ingresses',
  },
  metricsServer: {
    namespace: 'kube-system',
    account: 'metrics-server',
    agent: kubernetesClient('metrics-server', 'v0.7.2'),
    kinds: ['pods', 'nodes'],
    own: ['configmaps'],
  },
  externalDns: {
    namespace: 'external-dns',
    account: 'external-dns',
    agent: 'ExternalDNS/v0.15.0',
    kinds: ['services', 'ingresses', 'nodes', 'pods'],
  },
  reloader: {
    namespace: 'reloader',
    account: 'reloader-reloader',
    agent: kubernetesClient('Reloader'),
    kinds: ['configmaps', 'secrets', 'namespaces'],
  },
  sealedSecrets: {
    namespace: 'kube-system',
    account: 'sealed-secrets-controller',
    agent: kubernetesClient('controller'),
    kinds: ['sealedsecrets', 'secrets'],
    selectors: { secrets: 'labelSelector=sealedsecrets.bitnami.com%2Fsealed-secrets-key&' },
    status: 'sealedsecrets',
  },
  kyverno: {
    namespace: 'kyverno',
    account: 'kyverno-admission-controller',
    agent: kubernetesClient('kyverno'),
    kinds: [
      'clusterpolicies',
      'namespaces',
      'configmaps',
      'roles',
      'rolebindings',
      'clusterroles',
      'clusterrolebindings',
      'customresourcedefinitions',
    ],
    own: ['secrets', 'deployments', 'leases'],
  },
  gatekeeper: {
    namespace: 'gatekeeper-system',
    account: 'gatekeeper-admin',
    agent: manager,
    kinds: [
      'namespaces',
      'pods',
      'services',
      'ingresses',
      'customresourcedefinitions',
      'validatingwebhookconfigurations',
      'mutatingwebhookconfigurations',
    ],
    own: ['secrets'],
  },
  istiod: {
    namespace: 'istio-system',
    account: 'istiod',
    agent: 'pilot-discovery/1.23.2',
    kinds: [
      'services',
      'pods',
      'nodes',
      'namespaces',
      'configmaps',
      'secrets',
      'endpointslices',
      'ingresses',
      'customresourcedefinitions',
      'mutatingwebhookconfigurations',
      'validatingwebhookconfigurations',
    ],
  },
  loadBalancers: {
    namespace: 'kube-system',
    account: 'aws-load-balancer-controller',
    agent: 'elbv2.k8s.aws/v2.8.2 (linux/amd64)',
    kinds: [
      'services',
      'ingresses',
      'ingressclasses',
      'pods',
      'nodes',
      'namespaces',
      'endpointslices',
      'secrets',
    ],
    status: 'ingresses',
  },
  disks: {
    namespace: 'kube-system',
    account: 'ebs-csi-controller-sa',
    agent: kubernetesClient('csi-provisioner', 'v5.0.2'),
    kinds: [
      'persistentvolumes',
      'persistentvolumeclaims',
      'storageclasses',
      'csinodes',
      'nodes',
      'volumeattachments',
    ],
  },
  velero: {
    namespace: 'velero',
    account: 'velero-server',
    agent: 'velero-server/v1.14.1 (linux/amd64) 8afe3cea8b7058f7baaf447b9fb407312c40d2da',
    kinds: ['backups', 'pods', 'nodes'],
    own: ['secrets', 'configmaps'],
  },
  logs: { namespace: 'logging', account: 'fluent-bit', agent: 'Fluent-Bit', kinds: ['pods', 'namespaces'] },
  datadog: {
    namespace: 'datadog',
    account: 'datadog-cluster-agent',
    agent: 'datadog-cluster-agent/v7.57.2',
    kinds: [
      'pods',
      'nodes',
      'services',
      'namespaces',
      'deployments',
      'jobs',
      'roles',
      'rolebindings',
      'clusterroles',
      'clusterrolebindings',
      'networkpolicies',
      'serviceaccounts',
      'customresourcedefinitions',
    ],
    own: ['secrets', 'configmaps'],
  },
  loki: {
    namespace: 'logging',
    account: 'loki',
    agent: 'OpenAPI-Generator/30.1.0/python',
    kinds: [],
    own: ['configmaps', 'secrets'],
  },
} as const satisfies Record<string, Operator>;

const ALL: readonly Operator[] = Object.values(OPERATORS);

/** Operators and monitors: what each lists when its pod starts, what it keeps up, and its work. */
export const operators: Actor = (stretch, rates, dice) => [
  ...ALL.flatMap((operator, i) =>
    every(53 * HOUR, (2 * i + 1) * HOUR + i * 7 * MINUTE, stretch).flatMap(({ at, n }) =>
      podStarts(operator, n, at, dice),
    ),
  ),
  ...about(rates.operatorLeases, stretch, dice).map((at) => lease(dice.pick(ALL), at)),
  ...about(rates.operatorWatches, stretch, dice).map((at) => watchAgain(dice.pick(ALL), at, dice)),
  ...about(rates.operatorStatus, stretch, dice).map((at) => statusOf(at, dice)),
  ...about(rates.operatorGets, stretch, dice).map((at) => work(at, dice)),
  ...every(HOUR, 13 * MINUTE, stretch).flatMap(({ at }) => [...secretsWatched(at, dice), ...refreshes(at)]),
  ...every(24 * HOUR, 2 * HOUR, stretch).flatMap(({ at }) => backup(at)),
  ...every(48 * HOUR, 12 * HOUR, stretch).flatMap(({ at }) => writesOwnCa(at)),
];

/** The pod that runs at a time is the one that started last. */
const podAt = (operator: Operator, at: Micros) => podOf(operator, Math.floor(at / (53 * HOUR)));

function podStarts(operator: Operator, n: number, at: Micros, dice: Dice): readonly Call[] {
  const by = podOf(operator, n);
  const { kinds, own = [], selectors = {}, namespace } = operator;
  return [
    { at, by, verb: 'get', to: { path: '/version' }, query: 'timeout=32s' },
    ...starts(by, after(at, SECOND), kinds, dice, { selectors }),
    ...starts(by, after(at, SECOND), own, dice, { namespace }),
  ];
}

const lease = (operator: Operator, at: Micros): Call => ({
  at,
  by: podAt(operator, at),
  verb: 'update',
  to: target('leases', operator.namespace, `${operator.account}-leader`),
});

function watchAgain(operator: Operator, at: Micros, dice: Dice): Call {
  const { kinds, own = [], namespace, selectors = {} } = operator;
  const by = podAt(operator, at);
  if (kinds.length === 0) return watch(by, at, target(dice.pick(own), namespace), dice);
  const kind = dice.pick(kinds);
  return watch(by, at, target(kind), dice, selectors[kind] ?? '');
}

function statusOf(at: Micros, dice: Dice): Call {
  const operator = dice.pick(ALL.filter(({ status }) => status !== undefined));
  const app = dice.pick(APPS);
  return { at, by: podAt(operator, at), verb: 'update', to: target(operator.status!, app, app, 'status') };
}

/** What they get and write between: secrets of applications that they make or look after, their own, figures. */
function work(at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  const name = `${app}-${dice.pick(SECRETS)}`;
  const of = (operator: Operator, verb: string, to: Call['to']): Call => ({
    at,
    by: podAt(operator, at),
    verb,
    to,
  });
  return dice.pick([
    of(OPERATORS.externalSecrets, 'get', target('secrets', app, name)),
    of(OPERATORS.externalSecrets, 'update', target('secrets', app, name)),
    of(OPERATORS.certManager, 'get', target('secrets', app, `${app}-tls`)),
    of(OPERATORS.certManager, 'patch', target('secrets', app, `${app}-tls`)),
    of(OPERATORS.prometheusOperator, 'get', target('secrets', 'monitoring', 'prometheus-monitoring')),
    of(OPERATORS.sealedSecrets, 'get', target('secrets', app, name)),
    of(OPERATORS.velero, 'get', target('secrets', 'velero', 'cloud-credentials')),
    of(OPERATORS.kyverno, 'get', target('secrets', 'kyverno', 'kyverno-svc.kyverno.svc.kyverno-tls-pair')),
    of(OPERATORS.prometheus, 'get', { path: '/metrics' }),
    of(OPERATORS.logs, 'get', target('pods', app, `${app}-${dice.hex(9)}-${dice.hex(5)}`)),
    of(OPERATORS.kyverno, 'create', target('subjectaccessreviews')),
  ]);
}

const ALL_SECRETS = ALL.filter(({ kinds }) => kinds.includes('secrets'));

/** Watches are made anew several times an hour. Those of secrets count by the hour, so one of each stands in each hour. */
const secretsWatched = (at: Micros, dice: Dice): readonly Call[] =>
  ALL_SECRETS.map((operator) =>
    watch(
      podAt(operator, at),
      after(at, dice.below(30 * MINUTE)),
      target('secrets'),
      dice,
      operator.selectors?.secrets,
    ),
  );

/** external-secrets looks hourly whether what it copied has changed, with a token of each namespace's own account. */
const refreshes = (at: Micros): readonly Call[] =>
  APPS.flatMap((app, i): Call[] => {
    const began = { at: after(at, i * MINUTE), by: podAt(OPERATORS.externalSecrets, at) };
    return [
      { ...began, verb: 'create', to: target('serviceaccounts', app, `${app}-vault`, 'token') },
      { ...began, verb: 'get', to: target('secrets', app, `${app}-database`) },
    ];
  });

const KEPT: readonly KindName[] = [
  ...([
    'namespaces',
    'pods',
    'persistentvolumes',
    'persistentvolumeclaims',
    'secrets',
    'configmaps',
  ] as const),
  ...([
    'serviceaccounts',
    'services',
    'deployments',
    'statefulsets',
    'daemonsets',
    'cronjobs',
    'jobs',
  ] as const),
  ...([
    'ingresses',
    'networkpolicies',
    'roles',
    'rolebindings',
    'clusterroles',
    'clusterrolebindings',
  ] as const),
  ...(['customresourcedefinitions', 'storageclasses'] as const),
];

/** A backup of the night: everything, by plain lists. */
const backup = (at: Micros): readonly Call[] =>
  KEPT.map((kind, i) => ({
    at: after(at, i * 2 * SECOND),
    by: podAt(OPERATORS.velero, at),
    verb: 'list',
    to: target(kind),
    query: 'limit=500',
  }));

/** Webhook configurations that belong to an operator, which writes its CA into them. */
const OWN_WEBHOOKS: readonly (readonly [Operator, KindName, string])[] = [
  [OPERATORS.cainjector, 'mutatingwebhookconfigurations', 'cert-manager-webhook'],
  [OPERATORS.cainjector, 'validatingwebhookconfigurations', 'cert-manager-webhook'],
  [OPERATORS.cainjectorOfRelease, 'mutatingwebhookconfigurations', 'certs-cert-manager-webhook'],
  [OPERATORS.cainjectorOfRelease, 'validatingwebhookconfigurations', 'certs-cert-manager-webhook'],
  [OPERATORS.externalSecretsCerts, 'validatingwebhookconfigurations', 'secretstore-validate'],
  [OPERATORS.externalSecretsCerts, 'validatingwebhookconfigurations', 'externalsecret-validate'],
  [OPERATORS.istiod, 'mutatingwebhookconfigurations', 'istio-sidecar-injector'],
  [OPERATORS.kyverno, 'mutatingwebhookconfigurations', 'kyverno-resource-mutating-webhook-cfg'],
  [OPERATORS.gatekeeper, 'validatingwebhookconfigurations', 'gatekeeper-validating-webhook-configuration'],
];

const writesOwnCa = (at: Micros): readonly Call[] =>
  OWN_WEBHOOKS.map(([operator, kind, name], i) => ({
    at: after(at, i * MINUTE),
    by: podAt(operator, at),
    verb: i % 2 === 0 ? 'update' : 'patch',
    to: target(kind, undefined, name),
    body: { metadata: { name }, webhooks: [{ name, clientConfig: { caBundle: 'LS0tLS1CRUdJTi' } }] },
  }));
