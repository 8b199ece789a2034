/**
 * Requests an hour. `real` is what a cluster of 300 nodes sends; `week` is thinned where no rule counts, so that a week of it
 * stays small. What rules look at (starts of controllers, rollouts, certificates, people) stands in the actors, and is
 * never thinned.
 */
const TABLE = {
  nodeLeases: { real: 108_000, week: 90 },
  nodeStatus: { real: 3600, week: 50 },
  kubeletWatches: { real: 24_000, week: 30 },
  kubeletGets: { real: 9000, week: 40 },
  kubeletTokens: { real: 9000, week: 40 },
  podStatus: { real: 4000, week: 25 },
  nodeEvents: { real: 1000, week: 15 },
  leaderLeases: { real: 10_800, week: 25 },
  controllerUpdates: { real: 6000, week: 40 },
  podsMade: { real: 600, week: 16 },
  operatorLeases: { real: 20_000, week: 30 },
  operatorGets: { real: 9000, week: 60 },
  operatorStatus: { real: 5000, week: 30 },
  operatorWatches: { real: 6000, week: 20 },
  gitops: { real: 4000, week: 30 },
  autoscaling: { real: 5000, week: 40 },
  reviews: { real: 6000, week: 20 },
  healthChecks: { real: 8000, week: 50 },
  deliveries: { real: 900, week: 8 },
  people: { real: 2500, week: 40 },
  podsGone: { real: 35, week: 1.5 },
  mistakes: { real: 15, week: 0.2 },
  scans: { real: 15, week: 0 },
} as const;

export type Rates = Readonly<Record<keyof typeof TABLE, number>>;

const column = (name: 'real' | 'week'): Rates =>
  Object.fromEntries(Object.entries(TABLE).map(([key, row]) => [key, row[name]])) as Rates;

export const REAL: Rates = column('real');
export const WEEK: Rates = column('week');
