import type { Counters } from './counters.ts';
import type { EventContext, EventReader } from './event.ts';
import type { Micros } from './time.ts';

export type Values = Readonly<Record<string, readonly string[]>>;

/** One count for one group of one rule. Owned and serialisable: it holds no event, rule or resource object. */
export interface Hit {
  /** The rule that counts it, and the fingerprint it was made under. */
  readonly rule: string;
  readonly fingerprint: string;
  /** The base rule that matched. */
  readonly input: string;
  /** The record's index in its request. */
  readonly record: number;
  /** 128 bits, hex. A repeat of a known (identity, at) is nothing. null (`dedupe: none`): every arrival counts. */
  readonly identity: string | null;
  readonly at: Micros;
  readonly arrived: Micros;
  /** True where the same request may come again at another time: a session that starts, or one that ends late. */
  readonly lasting?: boolean;
  /** One value a `groupBy` field, exact case; null is a missing one, which differs from ''. */
  readonly group: readonly (string | null)[];
  /** The trusted client's /24 or /32: who pays for the group's room. */
  readonly payer: string;
  /** By field name: `collect`, group fields, and what a risk event tells when all hits agree (see FACTS). */
  readonly values: Values;
}

/**
 * Names under which a hit's `values` carry what no rule asked for but every risk event tells; not valid field paths, so they
 * clash with none. But for the lists (auditId, claimed, cut) and the seconds, '' stands for a hit that has none: it agrees with no other.
 */
export const FACTS = {
  auditId: '@audit_id',
  claimed: '@client.claimed',
  client: '@client.address',
  countryCode: '@client.geo.country.iso_code',
  country: '@client.geo.country.name',
  city: '@client.geo.locality.name',
  lat: '@client.geo.location.lat',
  lon: '@client.geo.location.lon',
  user: '@user.name',
  agent: '@user_agent.original',
  method: '@http.request.method',
  code: '@http.response.status_code',
  /** 'true' where the API server refused the request. */
  refused: '@request.refused',
  /** How long the request lasted, where that is known and at least a second; left out otherwise. */
  seconds: '@session.seconds',
  path: '@url.path',
  cluster: '@k8s.cluster.name',
  /** Fields of the hit some of whose values were cut or left out. */
  cut: '@cut',
} as const;

/** Whether a hit of that rule, group, time and arrival could change nothing; see `State.idle`. */
export type Idle = (
  rule: string,
  fingerprint: string,
  group: Hit['group'],
  at: Micros,
  arrived: Micros,
) => boolean;

export interface HitMaker {
  /**
   * The hits of an event that matched these base rules, for every rule that counts one of them; at most GROUP_MEMBERS_MAX
   * for each. `counters` get what is left out of them; `idle` tells of hits that need not be made.
   */
  make(
    bases: readonly string[],
    event: EventReader,
    about: EventContext,
    arrived: Micros,
    counters: Counters,
    idle?: Idle,
  ): readonly Hit[];
}

/** A window's answer: a rule's condition held for a group. */
export interface Detection {
  /** Deterministic: any order, crash, replay or replica gives the same id; but for a rule without a window whose hits have no identity. */
  readonly id: string;
  readonly rule: string;
  readonly kind: 'risk' | 'summary';
  /** On a summary: the id of the detection whose final figures it gives. */
  readonly of?: string;
  readonly at: Micros;
  readonly group: Readonly<Record<string, string | null>>;
  /** True where several groups share one because the table was full. */
  readonly overflow: boolean;
  /** Of hits (distinct identities), whatever the rule counts; 0 where the detection is that a group fell silent. */
  readonly count: number;
  /** Of a value_* rule: the number of distinct values, the sum, average, percentile or median. "At least" where not exact. */
  readonly value?: number;
  /** False while the count says "at least". */
  readonly exact: boolean;
  /** [start, end] of the span or window that qualified. */
  readonly window: readonly [Micros, Micros];
  /** Times of the first and the last hit counted. */
  readonly seen: readonly [Micros, Micros];
  readonly values: Values;
  /** Fields whose values were cut. */
  readonly truncated: readonly string[];
  /** True where a stop, or room for others, closed the window early. */
  readonly cut: boolean;
}
