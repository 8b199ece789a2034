import { OTHER } from '../model/counters.ts';
import type { EventContext, EventReader, FieldPlan, ReadRequest } from '../model/event.ts';
import type { Micros } from '../model/time.ts';

/** Clusters that are kept apart; further ones share the name `other`, since senders write these names. */
export const CLUSTERS_MAX = 16;
/** Characters of a cluster's name that are kept. */
const NAME_MAX = 128;
/** Resources of one request that are looked at: a collector sends few, and one that sends thousands pays no more. */
const RESOURCES_MAX = 16;
const CLUSTER = 'k8s.cluster.name';

export interface ClusterTime {
  /** The latest event time that was seen. */
  last: Micros;
  /** How long before its arrival the last event that was looked at happened; below 0 where its clock is ahead. */
  lag: number;
}

/** Event times by cluster, taken from the first event of each resource in each request: no other event costs anything. */
export class ClusterTimes {
  readonly #clusters = new Map<string, ClusterTime>();

  /** By the name of the cluster, '' where the records do not name it. */
  get all(): ReadonlyMap<string, Readonly<ClusterTime>> {
    return this.#clusters;
  }

  /** The same reader, which notes event times. `plan` of each request must have the cluster's field, or all count as ''. */
  reading(read: ReadRequest): ReadRequest {
    return (request, plan, visit) => {
      const clusterOf = clusterField(plan);
      let resource = -1;
      let left = RESOURCES_MAX;
      return read(request, plan, (event, about) => {
        visit(event, about);
        if (about.resource === resource || left === 0) return;
        resource = about.resource;
        left--;
        this.#note(clusterOf(event), about, request.arrived);
      });
    };
  }

  #note(cluster: string, { at, fallback }: EventContext, arrived: Micros): void {
    // Its time is not the event's.
    if (fallback) return;
    const name = this.#clusters.has(cluster) || this.#clusters.size < CLUSTERS_MAX ? cluster : OTHER;
    const known = this.#clusters.get(name) ?? { last: at, lag: 0 };
    known.last = Math.max(known.last, at) as Micros;
    known.lag = arrived - at;
    this.#clusters.set(name, known);
  }
}

function clusterField(plan: FieldPlan): (event: EventReader) => string {
  const field = plan.id(CLUSTER);
  return (event) => (event.state(field) === 'value' ? String(event.scalar(field, 0)).slice(0, NAME_MAX) : '');
}
