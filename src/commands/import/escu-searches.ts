import { digest } from '../../lib/digest.ts';

/** An allow-list of a search: its macro, and the field that it compares. Our list has the name of the macro. */
export interface AllowList {
  readonly macro: string;
  /** Without `{}`. */
  readonly field: string;
}

/** A search of ESCU that a rule of the pack follows. */
export interface EscuSearch {
  /** The digest of its text as `searchDigest` makes it. The text itself is Splunk's. */
  readonly digest: string;
  readonly allowList?: AllowList;
}

const THRESHOLD = /\|where count (>=?) (\d+)(?=\|)/;

/** The search without what means nothing: blanks, comments, quotes around fields, capitals of words, and the number of its threshold. */
export function searchDigest(text: string): string {
  return digest([bare(text).replace(THRESHOLD, '|where count > N')]);
}

/** The number of which its count must be greater; undefined without one. */
export function searchThreshold(text: string): number | undefined {
  const [, sign, number] = THRESHOLD.exec(bare(text)) ?? [];
  return number === undefined ? undefined : Number(number) - (sign === '>=' ? 1 : 0);
}

function bare(text: string): string {
  return text
    .replace(/```[\s\S]*?```/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ?([|,]) ?/g, '$1')
    .replace(/ BY /g, ' by ')
    .replace(/ AS /g, ' as ')
    .replace(/"([\w.{}/-]+)"(?==)/g, '$1')
    .trim();
}

/** By the name of the rule. The macro that filters the rows of each is called like the rule, with `_filter`. */
export const ESCU_SEARCHES: Readonly<Record<string, EscuSearch>> = {
  escu_kubernetes_abuse_of_secret_by_unusual_location: {
    digest: 'be3a12892fa1fa13b071c5c6e9a8658f',
    allowList: { macro: 'kube_allowed_locations', field: 'Country' },
  },
  escu_kubernetes_abuse_of_secret_by_unusual_user_agent: {
    digest: '7644512eb492150a10d0fad78972243b',
    allowList: { macro: 'kube_allowed_user_agents', field: 'userAgent' },
  },
  escu_kubernetes_abuse_of_secret_by_unusual_user_group: {
    digest: 'd35a6a06cbffee365b062cc66215930b',
    allowList: { macro: 'kube_allowed_user_groups', field: 'user.groups' },
  },
  escu_kubernetes_abuse_of_secret_by_unusual_user_name: {
    digest: 'd25b242f5211ffaf68e5a26795b74f62',
    allowList: { macro: 'kube_allowed_user_names', field: 'user.username' },
  },
  escu_kubernetes_access_scanning: {
    digest: '9b847e302394289835ab0076f34d321f',
  },
  escu_kubernetes_aws_detect_suspicious_kubectl_calls: {
    digest: 'efbb812357d1a8ade66e324f0f653354',
  },
  escu_kubernetes_create_or_update_privileged_pod: {
    digest: '9efec75a42efaa58b15ab86679728bfe',
  },
  escu_kubernetes_cron_job_creation: {
    digest: 'c46ecdd29fdb8f463d2deea1b464013f',
  },
  escu_kubernetes_daemonset_deployed: {
    digest: '4069abdfe4639e2f726a5b3315615170',
  },
  escu_kubernetes_node_port_creation: {
    digest: '500cdea119c40318b29b305316169eee',
  },
  escu_kubernetes_pod_created_in_default_namespace: {
    digest: '42c5532ef17f02f157d33a20d741ac51',
  },
  escu_kubernetes_pod_with_host_network_attachment: {
    digest: 'c19f1285edc8ca307b2d5ccc7b95993a',
  },
  escu_kubernetes_scanning_by_unauthenticated_ip_address: {
    digest: 'bb7f6b81306fdd82a69125fbcfea97e7',
  },
  escu_kubernetes_suspicious_image_pulling: {
    digest: 'c111b1215c21006e9aa59bbe841068fb',
    allowList: { macro: 'kube_allowed_images', field: 'objectRef.name' },
  },
  escu_kubernetes_unauthorized_access: {
    digest: '2006bf584054b5002469033700a78f60',
  },
};

export const filterMacro = (rule: string): string => `${rule.replace(/^escu_/, '')}_filter`;
