interface Advice {
  /** Who fires the rule in an ordinary cluster. */
  readonly who: string;
  /** What a user can do about it with what the pack has. */
  readonly remedy: string;
}

const OWN_FILTER =
  'the account in a Sigma filter of your own, together with its namespace and its user agent';
const INFORMATIONAL = 'nothing: it is informational';

/** By rule: all rules that fire in the generated week. A test fails where one is missing. */
export const ADVICE: Readonly<Record<string, Advice>> = {
  kubernetes_anonymous_request: { who: 'nodes that join with kubeadm', remedy: INFORMATIONAL },
  kubernetes_chart_beyond_its_namespace: {
    who: 'people who install charts of operators',
    remedy: 'nothing: check that it was you',
  },
  kubernetes_cluster_write_role: { who: 'charts of operators', remedy: INFORMATIONAL },
  kubernetes_delivery_beyond_its_namespace: {
    who: 'Argo CD and Flux, where they roll out operators and agents',
    remedy: INFORMATIONAL,
  },
  kubernetes_full_admin_use: {
    who: 'the clients of AKS that are in `system:masters`',
    remedy: INFORMATIONAL,
  },
  kubernetes_namespace_deleted: { who: 'pipelines that take previews down', remedy: OWN_FILTER },
  kubernetes_node_joined_by_unknown: {
    who: 'nodes that an autoscaler orders',
    remedy: 'the form of their names in the list `trusted_nodes`',
  },
  kubernetes_object_changed_by_person: { who: 'people who install charts', remedy: INFORMATIONAL },
  kubernetes_objects_refused_to_node: {
    who: 'kubelets that reconnect to an API server that starts',
    remedy: INFORMATIONAL,
  },
  kubernetes_permission_probing: { who: 'people who open k9s', remedy: 'nothing: it is low' },
  kubernetes_pod_exec: { who: 'people who debug', remedy: 'nothing: it is low' },
  kubernetes_port_forward: { who: 'people who debug', remedy: 'nothing: it is low' },
  kubernetes_role_binding_changed: {
    who: 'people who install charts, and `kubeadm upgrade`',
    remedy: INFORMATIONAL,
  },
  kubernetes_secret_read: { who: 'everybody who reads secrets', remedy: INFORMATIONAL },
  kubernetes_secret_read_by_unusual_agent: {
    who: 'operators whose user agent the list `usual_secret_user_agents` does not know',
    remedy: INFORMATIONAL,
  },
  kubernetes_secret_read_from_unusual_location: {
    who: 'people, as long as no country is named',
    remedy: 'your countries in the list `allowed_countries`',
  },
  kubernetes_service_account_cluster_role_binding: { who: 'charts of operators', remedy: INFORMATIONAL },
};
