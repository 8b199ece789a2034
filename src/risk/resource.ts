import type { Detection } from '../model/hit.ts';
import { FACTS } from '../model/hit.ts';

/** Resources kept for reuse; beyond them the oldest is made anew, and the exporter sends its events in a group of their own. */
const RESOURCES_MAX = 1000;

export type Resource = Readonly<Record<string, string>>;

/**
 * The resource of a detection's events: `given` (OTEL_RESOURCE_ATTRIBUTES; its service.name goes before ours, as with
 * any OpenTelemetry service) and the cluster that all hits agree on. Where they name several, no cluster is told, not
 * even a given one; where they name none, a given one stands.
 * Equal contents are one object, since the SDK's serialisers group records by the resource's identity.
 */
export function resources(given: Resource): (detection: Detection) => Resource {
  const base: Resource = { 'service.name': 'sidewatch', ...given };
  const made = new Map<string | null | undefined, Resource>();
  return (detection) => {
    const named = detection.values[FACTS.cluster] ?? [];
    const cluster = named.length > 1 ? null : named[0] || undefined;
    const known = made.get(cluster);
    if (known) return known;
    if (made.size >= RESOURCES_MAX) for (const oldest of made.keys()) if (made.delete(oldest)) break;
    const resource = withCluster(base, cluster);
    made.set(cluster, resource);
    return resource;
  };
}

function withCluster(base: Resource, cluster: string | null | undefined): Resource {
  if (cluster === undefined) return base;
  const { 'k8s.cluster.name': _, ...rest } = base;
  return cluster === null ? rest : { ...rest, 'k8s.cluster.name': cluster };
}
