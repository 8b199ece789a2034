import { digest } from '../lib/digest.ts';
import type { Counters } from '../model/counters.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Rule, Window } from '../model/rule.ts';
import type { Micros, Span } from '../model/time.ts';
import type { SavedGroup, SavedHead, SavedRepeat, SaveTo } from './saved.ts';
import type { WarmGroup } from './warm-groups.ts';
import type { Figures } from './window-figures.ts';

/** Bounds of the state, and what gives way at each. */
export interface Limits {
  /** Groups of a rule; beyond them one of the payer with most groups gives way. */
  readonly groups: number;
  /** Bytes that all windows may hold, estimated on the high side; beyond them groups of the rule that holds most give way. */
  readonly bytes: number;
  /** Distinct values of a field of a detection; later ones are left out. */
  readonly values: number;
}

/** Takes a detection. False where a result filter dropped it, so that no risk event was made. */
export type Fire = (detection: Detection) => boolean;

/**
 * The windows of one rule. All steps are one turn of the event loop; what one fires goes to `fire` before it returns.
 * Sliding, judged, tumbling and silence are GroupWindows. MatchWindows is none: it has no groups, and nothing is ever due.
 */
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
  /** See `State.idle`. Windows in which every hit can still change an answer do not have it. */
  idle?(group: Hit['group'], at: Micros, arrived: Micros): boolean;
  /** For each hit the id of the detection that it would fire after the hits before it; changes nothing. */
  preview(hits: readonly Hit[]): readonly (string | undefined)[];
  /** Closes one window that is due at `now`, or does a part of that; false where none is due. */
  closeOne(now: Micros, fire: Fire): boolean;
  /** Up to `most` groups that were hit last. Changes nothing, and hits cost a little more from then on until `unwatch`. */
  warming?(most: number): readonly WarmGroup[];
  unwatch?(): void;
  /** The earliest time at which a window is due. */
  readonly next: Micros | undefined;
  /** See `State.end`. Only windows that wait for a group to fall silent have it. */
  end?(): void;
  /** Forgets groups that can affect no later answer. */
  expire(now: Micros): void;
  /** Makes room: at least one group gives way, see Payers for which. False where there is none. */
  giveWay(fire: Fire): boolean;
  /** Closes one group early, marked cut; false where there is none. */
  closeEarly(fire: Fire): boolean;
  /**
   * Sidewatch was away: what was due meanwhile waits for hits that arrive within one lateness of `now`, and what is held is
   * held for as much longer.
   */
  resume(from: Micros, now: Micros): void;
  /** A snapshot of what is held now begins; `to` gets it, a part before each change and the rest by `saveSome`. */
  beginSaving(to: SaveTo): SavedHead;
  /** Looks at up to `most` groups or repeats; false when all are saved. */
  saveSome(most: number): boolean;
  /** A snapshot for windows that hold nothing yet: its head, then its groups and repeats in any order, then `restored`. */
  restoreHead(head: SavedHead): void;
  restoreGroup(group: SavedGroup): void;
  restoreRepeat(repeat: SavedRepeat): void;
  restored(): void;
}

export interface Context {
  readonly limits: Limits;
  readonly counters: Counters;
}

/** The rule's window, of the kind that its windows are made for; another is a bug, not an input. */
export function windowOf<K extends Window['kind']>(rule: Rule, kind: K): Extract<Window, { kind: K }> {
  if (rule.window.kind !== kind) throw new Error(`${rule.id} is not ${kind}`);
  return rule.window as Extract<Window, { kind: K }>;
}

export function countIfLate({ id, window }: Rule, { at, arrived }: Hit, { counters }: Context): void {
  if (arrived - at > window.lateness) counters.add('hits_late', 1, id);
}

/** The same for a group and the start of a bucket or window, after any order of arrival, crash or replay and in every replica. */
export function detectionId(rule: Rule, group: Hit['group'], start: number): string {
  return digest([rule.id, group, start]);
}

export function namedGroup(rule: Rule, group: Hit['group']): Detection['group'] {
  return Object.fromEntries(rule.groupBy.map((field, i) => [field, group[i] ?? null]));
}

/** A detection with a window's figures, without its id and its window. */
export function detectionOf(rule: Rule, group: Hit['group'], figures: Figures, cut: boolean) {
  return {
    rule: rule.id,
    kind: 'risk',
    group: namedGroup(rule, group),
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
