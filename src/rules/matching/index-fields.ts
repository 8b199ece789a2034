import type { Preconditions } from './index-preconditions.ts';

/**
 * At most this many fields are looked up for each event. A rule without a precondition on them is always evaluated. bench match
 * shows the cost of more or fewer.
 */
export const INDEX_FIELDS_MAX = 6;

/**
 * The rough share of a cluster's events that have a value, from our captures and the known behaviour of API servers. It decides
 * only the order of lookups. A value that is not here counts as RARE.
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

/** The share of events that pass the preconditions on a field. */
function passes(preconditions: Preconditions, field: string): number {
  const literals = preconditions.get(field);
  if (literals === undefined) return 1;
  let share = 0;
  for (const literal of literals) {
    share += COMMON[field]?.[literal ?? ''] ?? RARE;
    // A list may have 100,000 of them.
    if (share >= 1) return 1;
  }
  return share;
}

/** The fields to index, in the order of lookups: each removes the most of the rules that the fields before it leave. */
export function indexFields(rules: readonly Preconditions[], most = INDEX_FIELDS_MAX): readonly string[] {
  const left = new Set(rules.flatMap((preconditions) => [...preconditions.keys()]));
  const chosen: string[] = [];
  /** By rule, the share of events that pass the chosen fields. */
  let shares = rules.map(() => 1);
  while (chosen.length < most && left.size > 0) {
    let best = '';
    let gain = -1;
    for (const field of left) {
      const taken = rules.reduce(
        (sum, preconditions, i) => sum + shares[i]! * (1 - passes(preconditions, field)),
        0,
      );
      if (taken <= gain) continue;
      best = field;
      gain = taken;
    }
    shares = shares.map((share, i) => share * passes(rules[i]!, best));
    left.delete(best);
    chosen.push(best);
  }
  return chosen;
}
