import type { Level } from '../../model/rule.ts';

/** A part of something that has a bound, in bytes. */
export interface LiveBound {
  readonly used: number;
  readonly of: number;
}

/** A group that was hit lately; see WarmGroup. Empty texts are unknown. */
export interface LiveGroup {
  readonly rule: string;
  readonly title: string;
  readonly level: Level;
  /** Fields and values; null where the event lacks the field. */
  readonly group: readonly (readonly [string, string | null])[];
  readonly count: number;
  readonly of: number | null;
  readonly fired: boolean;
  readonly at: number;
  readonly client: string;
  readonly place: string;
  readonly user: string;
  readonly cluster: string;
}

export interface LiveDestination {
  readonly name: string;
  readonly target: string;
  readonly waiting: number;
  readonly capacity: number;
  /** How long its oldest risk event waits. */
  readonly oldest: number | null;
  readonly delivered: number;
  readonly retries: number;
  readonly refused: number;
}

/** What a running service does, as the live page shows it each second. All times and lengths are in milliseconds. */
export interface LiveState {
  readonly at: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** Since the start. */
  readonly totals: Readonly<Record<'requests' | 'events' | 'matches' | 'detections', number>>;
  readonly warming: readonly LiveGroup[];
  readonly bounds: readonly ({ readonly name: 'windows' | 'process' } & LiveBound)[];
  /** Open groups of all rules. */
  readonly groups: number;
  readonly losses: readonly { readonly name: string; readonly count: number; readonly what: string }[];
  readonly destinations: readonly LiveDestination[];
  /** By k8s.cluster.name, '' where the records have none. */
  readonly clusters: readonly { readonly name: string; readonly last: number; readonly lag: number }[];
  readonly rules: readonly {
    readonly name: string;
    readonly title: string;
    readonly level: Level;
    readonly matched: number;
    readonly fired: number;
  }[];
}
