interface Advice {
  /** Who fires the rule in an ordinary cluster. */
  readonly who: string;
  /** What a user can do about it with what the pack has. */
  readonly remedy: string;
}

const HOST_ACCESS: Advice = {
  who: 'GitOps controllers that apply a plugin or an agent, also without effect (`dryRun=All`); add-on managers of clouds; kubeadm',
  remedy: 'the namespaces of your plugins and agents in the list `host_access_namespaces`',
};
const OWN_FILTER =
  'the account in a Sigma filter of your own, together with its namespace and its user agent';

/** By rule: all rules that fire in the generated week. A test fails where one is missing. */
export const ADVICE: Readonly<Record<string, Advice>> = {
  kubernetes_admission_changed: {
    who: 'charts that a person or a controller installs, and operators that write their CA into their own webhook',
    remedy: 'operators in the list `admission_managers`; an installation stays a detection',
  },
  kubernetes_anonymous_request: {
    who: 'nodes that join with kubeadm',
    remedy: 'nothing: it is informational',
  },
  kubernetes_api_scanning: {
    who: 'a monitor that asks `/readyz?verbose` where anonymous access is off, and gets a 401 each time',
    remedy: 'let it ask the path without a query, or name its address in a Sigma filter',
  },
  kubernetes_certificate_approved: {
    who: "approvers of nodes' serving certificates: kubelet-csr-approver, EKS, GKE",
    remedy: OWN_FILTER,
  },
  kubernetes_cluster_admin_binding: { who: '`kubeadm upgrade`', remedy: 'nothing: check that it was you' },
  kubernetes_cluster_write_role: { who: 'charts of operators', remedy: 'nothing: it is informational' },
  kubernetes_cron_job: {
    who: 'pipelines and GitOps controllers that deliver applications',
    remedy: OWN_FILTER,
  },
  kubernetes_daemon_set: { who: 'GitOps controllers, and people who install charts', remedy: OWN_FILTER },
  kubernetes_dangerous_capabilities: HOST_ACCESS,
  kubernetes_denied_burst: {
    who: 'kubelets that reconnect to an API server that starts',
    remedy: 'nothing: they are as rare as its starts',
  },
  kubernetes_denied_resources: {
    who: 'kubelets, the scheduler and controllers while the authorizers of an API server that starts fill',
    remedy: 'read it together with the start of the API server',
  },
  kubernetes_dns_config_changed: {
    who: '`kubeadm upgrade`, and the add-on managers of clouds',
    remedy: 'nothing: check that it was you',
  },
  kubernetes_forbidden_create: {
    who: 'kubelets that ask for a token of a pod that is just gone, or of an API server that starts',
    remedy: 'nothing: it is low',
  },
  kubernetes_full_admin_use: {
    who: 'the clients of AKS that are in `system:masters`',
    remedy: 'nothing: it is informational',
  },
  kubernetes_host_namespaces: HOST_ACCESS,
  kubernetes_job: { who: 'hooks of charts', remedy: OWN_FILTER },
  kubernetes_namespace_deleted: { who: 'pipelines that take previews down', remedy: OWN_FILTER },
  kubernetes_node_joined_by_unknown: {
    who: 'nodes that an autoscaler orders',
    remedy: 'the form of their names in the list `trusted_nodes`',
  },
  kubernetes_permission_probing: { who: 'people who open k9s', remedy: 'nothing: it is low' },
  kubernetes_pod_exec: {
    who: 'runners of pipelines that attach to the pods of their builds, and people who debug',
    remedy: 'the account of the runner, with its own namespace, in a Sigma filter',
  },
  kubernetes_pod_security_weakened: {
    who: 'GitOps controllers that apply the namespace of a monitoring agent',
    remedy: OWN_FILTER,
  },
  kubernetes_port_forward: { who: 'people who debug', remedy: 'nothing: it is low' },
  kubernetes_privileged_pod: HOST_ACCESS,
  kubernetes_privileged_role_bound: { who: '`kubeadm upgrade`', remedy: 'nothing: check that it was you' },
  kubernetes_probing_with_success: {
    who: 'kubelets and controllers while the authorizers of an API server that starts fill',
    remedy: 'read it together with the start of the API server',
  },
  kubernetes_rbac_changed_by_service_account: {
    who: 'pipelines and GitOps controllers that deliver charts with roles',
    remedy: 'their accounts in the list `rbac_managers`',
  },
  kubernetes_rbac_then_workload: {
    who: 'people who install charts',
    remedy: 'nothing: check that it was you',
  },
  kubernetes_resource_discovery: {
    who: 'backups, policy engines, Argo CD, istiod and the collectors of GKE when they start',
    remedy: OWN_FILTER,
  },
  kubernetes_secret_burst: {
    who: 'external-secrets, which looks hourly at all that it keeps up to date',
    remedy: 'its account in the list `secret_readers`',
  },
  kubernetes_secret_listed_by_node: {
    who: 'kubelets that ask for a secret of a pod that is just gone, or of an API server that starts',
    remedy: 'a burst of many nodes is a start; one node once is a pod that is gone',
  },
  kubernetes_secret_read: { who: 'everybody who reads secrets', remedy: 'nothing: it is informational' },
  kubernetes_secret_read_across_namespaces: {
    who: 'external-secrets, cert-manager, KEDA, Flux, and Helm in pipelines, which keeps its releases in secrets',
    remedy: 'their accounts in the list `secret_readers`',
  },
  kubernetes_secret_read_by_unusual_agent: {
    who: 'operators whose user agent the list `usual_secret_user_agents` does not know',
    remedy: 'nothing: it is informational',
  },
  kubernetes_secret_read_from_unusual_location: {
    who: 'people, as long as no country is named',
    remedy: 'your countries in the list `allowed_countries`',
  },
  kubernetes_secrets_listed_everywhere: {
    who: 'informers: cert-manager and its CA injector, ingress-nginx, external-secrets, Prometheus operator, kube-state-metrics, Grafana, istiod and others, hourly, since they make their watches anew; at level low what is refused to controllers while an API server starts',
    remedy: 'their accounts in the list `secret_readers`',
  },
  kubernetes_sensitive_host_path: HOST_ACCESS,
  kubernetes_sensitive_role: {
    who: 'charts of operators, also where they are applied without effect',
    remedy: OWN_FILTER,
  },
  kubernetes_service_account_cluster_role_binding: {
    who: 'charts of operators',
    remedy: 'nothing: it is informational',
  },
  kubernetes_service_account_token_request: {
    who: 'external-secrets, for each namespace and hour',
    remedy: 'its account in the list `token_requesters`',
  },
  kubernetes_system_role_changed: {
    who: '`kubeadm upgrade` and the add-on managers of clouds, which write system:coredns',
    remedy: 'nothing: check that it was you',
  },
};
