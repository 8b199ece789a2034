import { digest } from '../lib/digest.ts';
import type { Counters } from '../model/counters.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros, Span } from '../model/time.ts';
import type { Figures } from './window-figures.ts';

/** Bounds of the state. What gives way stands beside each. */
export interface Limits {
  /** Groups a rule; beyond them one of the payer with most is closed early. */
  readonly groups: number;
  /** Bytes that all windows may hold, estimated on the high side; groups of the rule that holds most are closed early. */
  readonly bytes: number;
  /** Distinct values a field of a detection; later ones are left out. */
  readonly values: number;
}

/** False where nothing is told of it: a result filter dropped it. */
export type Fire = (detection: Detection) => boolean;

/** The windows of one rule. All steps are one turn of the event loop; what one fires goes to `fire` before it returns. */
export interface RuleWindows {
  readonly rule: Rule;
  /** What its groups hold, in bytes, estimated on the high side: true after each step. */
  readonly bytes: number;
  readonly groups: number;
  /**
   * Hits come in any order, of event time and of arrival. One may fire several buckets, and close a group early to make room.
   * `room`: bytes that collected values may still take.
   */
  add(hit: Hit, room: number, fire: Fire): void;
  /** See `State.idle`; a window that counts what it has fired for has none. */
  idle?(group: Hit['group'], at: Micros, arrived: Micros): boolean;
  /** The id of the detection that the hits, taken together and in order, would fire; one entry a hit. */
  preview(hits: readonly Hit[]): readonly (string | undefined)[];
  /** Closes one window that is due at `now`, or does a part of that; false where none is. */
  closeOne(now: Micros, fire: Fire): boolean;
  /** The earliest time at which a window is due. */
  readonly next: Micros | undefined;
  /** The recording is over: what waits for something not to happen waits no more. */
  end?(): void;
  /** Forgets groups that nothing can meet any more. */
  expire(now: Micros): void;
  /** Closes a group early, marked cut: see Payers for which; false where there is none. */
  giveWay(fire: Fire): boolean;
}

export interface Context {
  readonly limits: Limits;
  readonly counters: Counters;
}

/** The same for a group and a bucket (or window) start, whatever order, crash, replay or replica. */
export function detectionId(rule: Rule, group: Hit['group'], start: number): string {
  return digest([rule.id, group, start]);
}

function namedGroup(rule: Rule, group: Hit['group']): Detection['group'] {
  return Object.fromEntries(rule.groupBy.map((field, i) => [field, group[i] ?? null]));
}

/** A detection with a window's figures, but for its id and its window. */
export function detectionOf(rule: Rule, group: Hit['group'], figures: Figures, cut: boolean) {
  return {
    rule: rule.id,
    kind: 'risk',
    group: namedGroup(rule, group),
    overflow: false,
    ...figures,
    cut,
  } as const satisfies Partial<Detection>;
}

/** `behind`, `ahead`: how far a hit's arrival may be after or before its time until it counts as a backlog. */
export interface BacklogBounds {
  readonly lateness: number;
  readonly behind: number;
  readonly ahead: number;
}

/**
 * When a window [.., end) of `length` closes whose first hit is `hit`: at its end plus lateness; `length` and lateness
 * after the hit's arrival for a backlog (or a skewed clock, or a replay on a live server).
 */
export function closesAt(hit: Hit, end: number, length: Span, bounds: BacklogBounds): Micros {
  const behind = hit.arrived - hit.at;
  const backlog = behind > bounds.behind || -behind > bounds.ahead;
  return (backlog ? hit.arrived + length + bounds.lateness : end + bounds.lateness) as Micros;
}
