import type { Guards } from './index-preconditions.ts';

/**
 * At most this many fields are looked up an event. Rules that only other fields guard are evaluated where the indexed
 * ones let them through. bench match shows what more or fewer cost.
 */
export const INDEX_FIELDS_MAX = 6;

/**
 * About how many of a cluster's events have a value, from our captures and what API servers are known to do: rough is
 * enough, for it decides the order of questions and no answer. What is not here counts as RARE.
 */
const COMMON: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  stage: { requestreceived: 0.4, responsestarted: 0.1, responsecomplete: 0.6 },
  verb: { get: 0.4, list: 0.1, watch: 0.15, create: 0.1, update: 0.2, patch: 0.1, delete: 0.02 },
  'responseStatus.code': { 200: 0.8, 201: 0.1, 404: 0.05, 409: 0.02 },
  'user.groups': {
    'system:authenticated': 0.95,
    'system:serviceaccounts': 0.4,
    'system:nodes': 0.3,
    'system:masters': 0.2,
  },
  'objectRef.resource': { leases: 0.3, pods: 0.1, configmaps: 0.05, events: 0.1, nodes: 0.05, secrets: 0.05 },
  'objectRef.apiGroup': { 'coordination.k8s.io': 0.3, apps: 0.1, 'rbac.authorization.k8s.io': 0.05 },
};
const RARE = 0.01;

/** The share of events that a field lets through for these guards. */
function passes(own: Guards, field: string): number {
  let share = 0;
  for (const literal of own.get(field) ?? []) share += COMMON[field]?.[literal ?? ''] ?? RARE;
  return own.has(field) ? Math.min(1, share) : 1;
}

/** The fields to index, in the order to ask them: each takes away the most of the rules that those before it leave. */
export function indexFields(guards: readonly Guards[], most = INDEX_FIELDS_MAX): readonly string[] {
  const left = new Set(guards.flatMap((own) => [...own.keys()]));
  const chosen: string[] = [];
  /** By rule, the share of events that the chosen fields leave it. */
  let shares = guards.map(() => 1);
  while (chosen.length < most && left.size > 0) {
    let best = '';
    let gain = -1;
    for (const field of left) {
      const taken = guards.reduce((sum, own, i) => sum + shares[i]! * (1 - passes(own, field)), 0);
      if (taken <= gain) continue;
      best = field;
      gain = taken;
    }
    shares = shares.map((share, i) => share * passes(guards[i]!, best));
    left.delete(best);
    chosen.push(best);
  }
  return chosen;
}
