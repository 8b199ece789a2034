import type { Counters } from './counters.ts';
import type { EventContext, EventReader } from './event.ts';
import type { Micros } from './time.ts';

export type Values = Readonly<Record<string, readonly string[]>>;

/** One match, counted for one group of one rule. Owned and serialisable: it holds no event, rule or resource object. */
export interface Hit {
  /** The rule that counts it, and that rule's fingerprint when the hit was made. */
  readonly rule: string;
  readonly fingerprint: string;
  /** The base rule that matched. */
  readonly input: string;
  /** The record's index in its request. */
  readonly record: number;
  /**
   * 128 bits, hex. A hit with the (identity, at) of a known one is a repeat and counts nothing. null (`dedupe: none`):
   * every arrival counts.
   */
  readonly identity: string | null;
  readonly at: Micros;
  readonly arrived: Micros;
  /** True where the same request may come again at another time: a session that starts, or one that ends late. */
  readonly lasting?: boolean;
  /** One value for each `groupBy` field, in its own case; null if it is missing, which is not the same as ''. */
  readonly group: readonly (string | null)[];
  /** The /24 or /32 of the trusted client: the payer for the group's room. */
  readonly payer: string;
  /** By field name: `collect`, group fields, and what a risk event shows if all hits agree (see FACTS). */
  readonly values: Values;
}

/**
 * Names under which a hit's `values` carry what every risk event shows though no rule asks for it. They are not valid field
 * paths, so they are never the same as one. Except for the lists (auditId, claimed, cut), the seconds and the fallback, ''
 * stands for a missing fact, and agrees with no other value.
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
  verb: '@k8s.verb',
  namespace: '@k8s.object.namespace',
  resource: '@k8s.object.resource',
  subresource: '@k8s.object.subresource',
  object: '@k8s.object.name',
  apiGroup: '@k8s.object.api_group',
  cluster: '@k8s.cluster.name',
  /** 'true' where the hit's time only says when its event was seen; see EventContext. Left out where it is the event's. */
  fallback: '@time.fallback',
  /** Fields of the hit of which some values were cut or left out. */
  cut: '@cut',
} as const;

/** Whether a hit of this rule, group, time and arrival could change nothing; see `State.idle`. */
export type Idle = (
  rule: string,
  fingerprint: string,
  group: Hit['group'],
  at: Micros,
  arrived: Micros,
) => boolean;

export interface HitMaker {
  /**
   * The hits of an event that matched these base rules: for each rule that counts one of them, at most GROUP_MEMBERS_MAX.
   * `counters` count what is left out of them; hits that are `idle` are not made.
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

export interface FoldedGroups {
  /** How many groups the hits are of; "at least" this, as the count. */
  readonly groups: number;
  /** The network of their clients; undefined if they are of several, or of clients without an address. */
  readonly network?: string;
}

/** A window's answer: a rule's condition held for a group. */
export interface Detection {
  /**
   * Deterministic: the same after a crash, in a replay, on a replica and for any order of arrival, except for a rule
   * without a window whose hits have no identity.
   */
  readonly id: string;
  readonly rule: string;
  readonly kind: 'risk' | 'summary';
  /** For a summary: the id of the detection whose final figures it holds. */
  readonly of?: string;
  readonly at: Micros;
  readonly group: Readonly<Record<string, string | null>>;
  /** For an overflow detection: of groups that had to make room, and for which the condition held together. */
  readonly overflow?: FoldedGroups;
  /** The number of hits (distinct identities), whatever the rule counts; 0 if the detection is that a group fell silent. */
  readonly count: number;
  /**
   * For a value_* rule: the number of distinct values, the sum, average, percentile or median. "At least" this if not
   * exact.
   */
  readonly value?: number;
  /** False while the count is "at least" this. */
  readonly exact: boolean;
  /** [start, end] of the span or window for which the condition held. */
  readonly window: readonly [Micros, Micros];
  /** Times of the first and the last hit counted. */
  readonly seen: readonly [Micros, Micros];
  readonly values: Values;
  /** Fields whose values were cut. */
  readonly truncated: readonly string[];
  /** True if the window was closed early, by a stop or to make room for others. */
  readonly cut: boolean;
}
