import { ownValue } from '../document/json.ts';
import { clusterOfLogGroup, clusterOfResourceId, NAME_MAX } from '../envelopes/cluster-names.ts';
import type { Origin } from './record-origin.ts';

/** The attributes that name a cluster, in order of precedence; each is looked for in the resource, then in the record. */
const NAMES = ['k8s.cluster.name', 'cluster_name'];
/** After the name that an envelope says. */
const AFTER_ENVELOPE: readonly (readonly [key: string, name: (value: unknown) => string | undefined])[] = [
  ['aws.log.group.names', clusterOfLogGroup],
  ['cloudwatch.log.group.name', clusterOfLogGroup],
  ['cloud.resource_id', clusterOfResourceId],
  ['azure.resource.id', clusterOfResourceId],
  ['gcp.resource.labels.cluster_name', asIs],
  ['openshift.cluster.uid', asIs],
  ['openshift.cluster_id', asIs],
];

/**
 * The cluster of a record whose sender is bound to none, and whose resource has no k8s.cluster.name. docs/audit-policy.md
 * describes the order.
 */
export function clusterName(origin: Origin): string | undefined {
  for (const key of NAMES) {
    const name = named(origin, key, asIs);
    if (name !== undefined) return name;
  }
  if (origin.envelopeCluster !== undefined) return origin.envelopeCluster;
  for (const [key, nameIn] of AFTER_ENVELOPE) {
    const name = named(origin, key, nameIn);
    if (name !== undefined) return name;
  }
  return origin.clusters.cluster;
}

function named(
  origin: Origin,
  key: string,
  nameIn: (value: unknown) => string | undefined,
): string | undefined {
  return nameIn(first(ownValue(origin.resource, key))) ?? nameIn(first(origin.attribute(key)));
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

function asIs(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= NAME_MAX ? value : undefined;
}
