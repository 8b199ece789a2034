import { RecentlyUsed } from '../lib/recently-used.ts';
import { type Detection, FACTS } from '../model/hit.ts';

/** Resources of clusters that are kept for reuse. One that gave way is made again, and its events are then a group of their own. */
const RESOURCES_MAX = 1000;

const CLUSTER = 'k8s.cluster.name';

export type Resource = Readonly<Record<string, string>>;

/**
 * The resource of a detection's events: `given` (OTEL_RESOURCE_ATTRIBUTES; its service.name takes precedence over ours, as
 * in any OpenTelemetry service) and the cluster that all hits agree on. Where they name several, the resource has no cluster,
 * not even a given one; where they name none, a given one stays.
 * Equal contents are one object, because the SDK's serialisers group records by the identity of the resource.
 */
export function resources(given: Resource): (detection: Detection) => Resource {
  const base: Resource = { 'service.name': 'sidewatch', ...given };
  const { [CLUSTER]: givenCluster, ...rest } = base;
  const withoutCluster = givenCluster === undefined ? base : rest;
  const withCluster = new RecentlyUsed<string, Resource>({
    max: RESOURCES_MAX,
  });
  return (detection) => {
    const [cluster = '', ...others] = detection.values[FACTS.cluster] ?? [];
    if (others.length > 0) return withoutCluster;
    if (cluster === '' || cluster === givenCluster) return base;
    const resource = withCluster.get(cluster) ?? { ...rest, [CLUSTER]: cluster };
    withCluster.set(cluster, resource);
    return resource;
  };
}
