import { type KindName, target } from './kinds.ts';

// What the charts of these projects install, as far as a rule looks at it.

export interface Part {
  readonly kind: KindName;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly body: object;
}

export interface Chart {
  readonly release: string;
  readonly namespace: string;
  readonly parts: readonly Part[];
  /** Jobs before and after: each made anew. */
  readonly hooks: readonly Part[];
  /** Webhook configurations into which a job of the chart writes its CA, under this account. */
  readonly patched?: { readonly account: string; readonly webhooks: readonly Part[] };
}

export const targetOf = ({ kind, namespace, name }: Part) => target(kind, namespace, name);

const API_VERSION: Partial<Record<KindName, string>> = {
  daemonsets: 'apps/v1',
  deployments: 'apps/v1',
  cronjobs: 'batch/v1',
  jobs: 'batch/v1',
};

function part(kind: KindName, namespace: string | undefined, name: string, more: object): Part {
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  };
  return { kind, namespace, name, body: { apiVersion: API_VERSION[kind] ?? 'v1', metadata, ...more } };
}

type Rule = readonly [apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]];
const rules = (...list: readonly Rule[]) => ({
  rules: list.map(([apiGroups, resources, verbs]) => ({ apiGroups, resources, verbs })),
});
const READ = ['get', 'list', 'watch'];

const clusterRole = (name: string, ...list: readonly Rule[]) =>
  part('clusterroles', undefined, name, rules(...list));
const clusterBinding = (name: string, namespace: string, role = name) =>
  part('clusterrolebindings', undefined, name, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
const role = (namespace: string, name: string) =>
  part(
    'roles',
    namespace,
    name,
    rules([[''], ['configmaps'], READ], [['coordination.k8s.io'], ['leases'], ['get', 'create', 'update']]),
  );
const binding = (namespace: string, name: string) =>
  part('rolebindings', namespace, name, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
const account = (namespace: string, name: string) => part('serviceaccounts', namespace, name, {});
const pods = (spec: object) => ({ spec: { template: { metadata: { labels: {} }, spec } } });
const container = (image: string, more: object = {}) => ({ name: 'main', image, ...more });
const deployment = (namespace: string, name: string, image: string) =>
  part('deployments', namespace, name, pods({ serviceAccountName: name, containers: [container(image)] }));
const job = (namespace: string, name: string, image: string) =>
  part(
    'jobs',
    namespace,
    name,
    pods({ serviceAccountName: name, containers: [container(image)], restartPolicy: 'OnFailure' }),
  );
const webhook = (kind: 'mutating' | 'validating', name: string, namespace: string, service: string) =>
  part(`${kind}webhookconfigurations`, undefined, name, {
    webhooks: [
      {
        name: `${kind}.${name}`,
        clientConfig: { service: { namespace, name: service } },
        failurePolicy: 'Fail',
        rules: [{ resources: ['*'] }],
      },
    ],
  });
const namespace = (name: string, labels: object = {}): Part => ({
  kind: 'namespaces',
  name,
  body: { apiVersion: 'v1', metadata: { name, labels } },
});
const hostPaths = (...paths: readonly string[]) => ({
  volumes: paths.map((path) => ({ hostPath: { path } })),
});

const monitoringWebhooks = (['mutating', 'validating'] as const).map((kind) =>
  webhook(kind, 'monitoring-kube-prometheus-admission', 'monitoring', 'monitoring-kube-prometheus-operator'),
);

/** kube-prometheus-stack as release `monitoring`. */
export const monitoring: Chart = {
  release: 'monitoring',
  namespace: 'monitoring',
  parts: [
    namespace('monitoring', { 'pod-security.kubernetes.io/enforce': 'privileged' }),
    account('monitoring', 'monitoring-kube-prometheus-operator'),
    clusterRole(
      'monitoring-kube-prometheus-operator',
      [['monitoring.coreos.com'], ['prometheuses', 'alertmanagers'], ['*']],
      [[''], ['configmaps', 'secrets'], ['*']],
      [[''], ['pods'], ['list', 'delete']],
    ),
    clusterBinding('monitoring-kube-prometheus-operator', 'monitoring'),
    clusterRole('my-release-kube-state-metrics', [
      [''],
      ['configmaps', 'secrets', 'nodes', 'pods'],
      ['list', 'watch'],
    ]),
    clusterBinding('my-release-kube-state-metrics', 'monitoring'),
    clusterRole('monitoring-kube-prometheus-prometheus', [
      [''],
      ['nodes', 'nodes/metrics', 'services', 'endpoints', 'pods'],
      READ,
    ]),
    part(
      'daemonsets',
      'monitoring',
      'monitoring-prometheus-node-exporter',
      pods({
        hostNetwork: true,
        hostPID: true,
        containers: [container('quay.io/prometheus/node-exporter:v1.8.2')],
        ...hostPaths('/proc', '/sys', '/'),
      }),
    ),
    deployment(
      'monitoring',
      'monitoring-kube-prometheus-operator',
      'quay.io/prometheus-operator/prometheus-operator:v0.76.0',
    ),
    deployment(
      'monitoring',
      'my-release-kube-state-metrics',
      'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.13.0',
    ),
    ...monitoringWebhooks,
  ],
  hooks: ['create', 'patch'].map((step) =>
    job(
      'monitoring',
      `monitoring-kube-prometheus-admission-${step}`,
      'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.4.3',
    ),
  ),
  patched: { account: 'monitoring-kube-prometheus-admission', webhooks: monitoringWebhooks },
};

const nginxWebhook = webhook(
  'validating',
  'ingress-nginx-admission',
  'ingress-nginx',
  'ingress-nginx-controller-admission',
);

export const ingressNginx: Chart = {
  release: 'ingress-nginx',
  namespace: 'ingress-nginx',
  parts: [
    account('ingress-nginx', 'ingress-nginx'),
    clusterRole('ingress-nginx', [
      [''],
      ['configmaps', 'endpoints', 'nodes', 'pods', 'secrets', 'namespaces'],
      ['list', 'watch'],
    ]),
    clusterBinding('ingress-nginx', 'ingress-nginx'),
    role('ingress-nginx', 'ingress-nginx'),
    binding('ingress-nginx', 'ingress-nginx'),
    deployment(
      'ingress-nginx',
      'ingress-nginx-controller',
      'registry.k8s.io/ingress-nginx/controller:v1.11.2',
    ),
    part('services', 'ingress-nginx', 'ingress-nginx-controller', {
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }, { port: 443 }] },
    }),
    nginxWebhook,
  ],
  hooks: ['create', 'patch'].map((step) =>
    job(
      'ingress-nginx',
      `ingress-nginx-admission-${step}`,
      'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.4.3',
    ),
  ),
  patched: { account: 'ingress-nginx-admission', webhooks: [nginxWebhook] },
};

export const certManager: Chart = {
  release: 'cert-manager',
  namespace: 'cert-manager',
  parts: [
    account('cert-manager', 'cert-manager'),
    account('cert-manager', 'cert-manager-cainjector'),
    clusterRole(
      'cert-manager-cainjector',
      [[''], ['secrets'], READ],
      [
        ['admissionregistration.k8s.io'],
        ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
        [...READ, 'update', 'patch'],
      ],
    ),
    clusterRole(
      'cert-manager-controller-certificates',
      [['cert-manager.io'], ['certificates'], ['update', 'patch']],
      [[''], ['secrets'], [...READ, 'create', 'update', 'delete', 'patch']],
    ),
    clusterRole('cert-manager-controller-approve:cert-manager-io', [
      ['cert-manager.io'],
      ['signers'],
      ['approve'],
    ]),
    clusterBinding('cert-manager-cainjector', 'cert-manager'),
    clusterBinding('cert-manager-controller-certificates', 'cert-manager'),
    role('kube-system', 'cert-manager:leaderelection'),
    binding('kube-system', 'cert-manager:leaderelection'),
    deployment('cert-manager', 'cert-manager', 'quay.io/jetstack/cert-manager-controller:v1.15.3'),
    deployment('cert-manager', 'cert-manager-cainjector', 'quay.io/jetstack/cert-manager-cainjector:v1.15.3'),
    webhook('mutating', 'cert-manager-webhook', 'cert-manager', 'cert-manager-webhook'),
    webhook('validating', 'cert-manager-webhook', 'cert-manager', 'cert-manager-webhook'),
  ],
  hooks: [
    job(
      'cert-manager',
      'cert-manager-startupapicheck',
      'quay.io/jetstack/cert-manager-startupapicheck:v1.15.3',
    ),
  ],
};

export const externalSecrets: Chart = {
  release: 'external-secrets',
  namespace: 'external-secrets',
  parts: [
    account('external-secrets', 'external-secrets'),
    clusterRole(
      'external-secrets-controller',
      [[''], ['secrets'], [...READ, 'create', 'update', 'delete', 'patch']],
      [[''], ['serviceaccounts/token'], ['create']],
    ),
    clusterBinding('external-secrets-controller', 'external-secrets'),
    deployment('external-secrets', 'external-secrets', 'ghcr.io/external-secrets/external-secrets:v0.10.4'),
    webhook('validating', 'secretstore-validate', 'external-secrets', 'external-secrets-webhook'),
    webhook('validating', 'externalsecret-validate', 'external-secrets', 'external-secrets-webhook'),
  ],
  hooks: [],
};

export const logging: Chart = {
  release: 'fluent-bit',
  namespace: 'logging',
  parts: [
    account('logging', 'fluent-bit'),
    clusterRole('fluent-bit', [[''], ['namespaces', 'pods'], READ]),
    clusterBinding('fluent-bit', 'logging'),
    part(
      'daemonsets',
      'logging',
      'fluent-bit',
      pods({
        containers: [container('cr.fluentbit.io/fluent/fluent-bit:3.1.7')],
        ...hostPaths('/var/log', '/var/lib/docker/containers', '/etc/machine-id'),
      }),
    ),
  ],
  hooks: [],
};

export const networking: Chart = {
  release: 'cilium',
  namespace: 'kube-system',
  parts: [
    account('kube-system', 'cilium'),
    clusterRole('cilium', [[''], ['namespaces', 'services', 'pods', 'endpoints', 'nodes'], READ]),
    clusterBinding('cilium', 'kube-system'),
    part(
      'daemonsets',
      'kube-system',
      'cilium',
      pods({
        hostNetwork: true,
        containers: [
          container('quay.io/cilium/cilium:v1.16.2', {
            securityContext: { capabilities: { add: ['NET_ADMIN', 'SYS_MODULE'] } },
          }),
        ],
        initContainers: [
          container('quay.io/cilium/cilium:v1.16.2', { securityContext: { privileged: true } }),
        ],
        ...hostPaths('/run/cilium', '/sys/fs/bpf', '/proc', '/lib/modules'),
      }),
    ),
  ],
  hooks: [],
};

/** An application of the company itself. */
export const application = (name: string, version: number): Chart => ({
  release: name,
  namespace: name,
  parts: [
    account(name, name),
    role(name, name),
    binding(name, name),
    part('configmaps', name, `${name}-config`, { data: {} }),
    part('services', name, name, { spec: { type: 'ClusterIP', ports: [{ port: 8080 }] } }),
    part('ingresses', name, name, { spec: { tls: [{ hosts: [`${name}.example.com`] }], rules: [] } }),
    deployment(name, name, `registry.example.com/${name}:${version}`),
    part('cronjobs', name, `${name}-nightly`, {
      spec: {
        schedule: '0 3 * * *',
        jobTemplate: pods({ containers: [container(`registry.example.com/${name}:${version}`)] }),
      },
    }),
  ],
  hooks: [job(name, `${name}-migrate`, `registry.example.com/${name}:${version}`)],
});
