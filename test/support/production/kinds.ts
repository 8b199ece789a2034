// The kinds of resources that the generated cluster has: API group and version of each.

const CORE = ['', 'v1'] as const;
const RBAC = ['rbac.authorization.k8s.io', 'v1'] as const;
const ADMISSION = ['admissionregistration.k8s.io', 'v1'] as const;
const MONITORING = ['monitoring.coreos.com', 'v1'] as const;
const CERT_MANAGER = ['cert-manager.io', 'v1'] as const;
const EXTERNAL_SECRETS = ['external-secrets.io', 'v1'] as const;
const KARPENTER = ['karpenter.sh', 'v1'] as const;
const STORAGE = ['storage.k8s.io', 'v1'] as const;
const AUTHORIZATION = ['authorization.k8s.io', 'v1'] as const;
const APPS = ['apps', 'v1'] as const;
const BATCH = ['batch', 'v1'] as const;
const NETWORKING = ['networking.k8s.io', 'v1'] as const;

export const KINDS = {
  configmaps: CORE,
  endpoints: CORE,
  events: CORE,
  limitranges: CORE,
  namespaces: CORE,
  nodes: CORE,
  persistentvolumeclaims: CORE,
  persistentvolumes: CORE,
  pods: CORE,
  replicationcontrollers: CORE,
  resourcequotas: CORE,
  secrets: CORE,
  serviceaccounts: CORE,
  services: CORE,
  daemonsets: APPS,
  deployments: APPS,
  replicasets: APPS,
  statefulsets: APPS,
  cronjobs: BATCH,
  jobs: BATCH,
  ingressclasses: NETWORKING,
  ingresses: NETWORKING,
  networkpolicies: NETWORKING,
  clusterrolebindings: RBAC,
  clusterroles: RBAC,
  rolebindings: RBAC,
  roles: RBAC,
  mutatingwebhookconfigurations: ADMISSION,
  validatingwebhookconfigurations: ADMISSION,
  csidrivers: STORAGE,
  csinodes: STORAGE,
  storageclasses: STORAGE,
  volumeattachments: STORAGE,
  selfsubjectaccessreviews: AUTHORIZATION,
  selfsubjectrulesreviews: AUTHORIZATION,
  subjectaccessreviews: AUTHORIZATION,
  tokenreviews: ['authentication.k8s.io', 'v1'],
  certificatesigningrequests: ['certificates.k8s.io', 'v1'],
  apiservices: ['apiregistration.k8s.io', 'v1'],
  customresourcedefinitions: ['apiextensions.k8s.io', 'v1'],
  endpointslices: ['discovery.k8s.io', 'v1'],
  horizontalpodautoscalers: ['autoscaling', 'v2'],
  leases: ['coordination.k8s.io', 'v1'],
  poddisruptionbudgets: ['policy', 'v1'],
  priorityclasses: ['scheduling.k8s.io', 'v1'],
  runtimeclasses: ['node.k8s.io', 'v1'],
  'pods.metrics.k8s.io': ['metrics.k8s.io', 'v1beta1', 'pods'],
  applications: ['argoproj.io', 'v1alpha1'],
  appprojects: ['argoproj.io', 'v1alpha1'],
  certificates: CERT_MANAGER,
  certificaterequests: CERT_MANAGER,
  clusterissuers: CERT_MANAGER,
  issuers: CERT_MANAGER,
  challenges: ['acme.cert-manager.io', 'v1'],
  orders: ['acme.cert-manager.io', 'v1'],
  clustersecretstores: EXTERNAL_SECRETS,
  externalsecrets: EXTERNAL_SECRETS,
  secretstores: EXTERNAL_SECRETS,
  alertmanagers: MONITORING,
  podmonitors: MONITORING,
  prometheuses: MONITORING,
  prometheusrules: MONITORING,
  servicemonitors: MONITORING,
  gitrepositories: ['source.toolkit.fluxcd.io', 'v1'],
  helmreleases: ['helm.toolkit.fluxcd.io', 'v2'],
  kustomizations: ['kustomize.toolkit.fluxcd.io', 'v1'],
  ec2nodeclasses: ['karpenter.k8s.aws', 'v1'],
  nodeclaims: KARPENTER,
  nodepools: KARPENTER,
  scaledobjects: ['keda.sh', 'v1alpha1'],
  verticalpodautoscalers: ['autoscaling.k8s.io', 'v1'],
  verticalpodautoscalercheckpoints: ['autoscaling.k8s.io', 'v1'],
  clusterpolicies: ['kyverno.io', 'v1'],
  backups: ['velero.io', 'v1'],
  sealedsecrets: ['bitnami.com', 'v1alpha1'],
} as const satisfies Record<string, readonly [group: string, version: string, resource?: string]>;

export type KindName = keyof typeof KINDS;

/** What a request is about: objects of a kind, or a path that is none. */
export type Target =
  | {
      readonly kind: KindName;
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
      readonly subresource?: string | undefined;
      /** The one object that a list or a watch selects by metadata.name. */
      readonly selected?: string | undefined;
    }
  | { readonly path: string };

export const target = (kind: KindName, namespace?: string, name?: string, subresource?: string): Target => ({
  kind,
  namespace,
  name,
  subresource,
});

/** What a kubelet asks for: one object by name, as a list or as a watch. */
export const selected = (kind: KindName, namespace: string, name: string): Target => ({
  kind,
  namespace,
  selected: name,
});
