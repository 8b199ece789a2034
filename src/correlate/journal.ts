import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { NotDurable } from '../model/state.ts';
import type { Micros } from '../model/time.ts';
import type { Limits } from './rule-windows.ts';

/**
 * What changes windows. Windows are a function of these steps in their order: the same steps from the same windows give the
 * same windows again.
 */
export type Step =
  | { readonly kind: 'hit'; readonly hit: Hit }
  | { readonly kind: 'close'; readonly at: Micros; readonly rule: string }
  /** A group of a rule that is in force no more is closed early. */
  | { readonly kind: 'cut'; readonly at: Micros; readonly rule: string; readonly fingerprint: string }
  | { readonly kind: 'expire'; readonly at: Micros }
  /** Sidewatch was away from one time to another. */
  | { readonly kind: 'resume'; readonly from: Micros; readonly at: Micros }
  | { readonly kind: 'use'; readonly rules: readonly Rule[]; readonly limits: Limits };

/** What a step did that cannot be found out again from it and from the windows. */
export interface Effects {
  /** Which of the detections that it fired a result filter dropped, by their order in the step. */
  readonly dropped: readonly number[];
  /** Rules of which a group gave way, since all windows together had become too large. */
  readonly room: readonly string[];
}

export const NO_EFFECTS: Effects = { dropped: [], room: [] };

/** Takes each step in the turn in which it was taken. A store makes it durable, together with what it fired. */
export interface Journal {
  note(step: Step, effects: Effects): void;
  /** Resolves when all that was noted is durable, or cannot be made so for now. */
  durable(): Promise<NotDurable | undefined>;
  /** Why nothing can be made durable for now; undefined where it can. */
  readonly fault: NotDurable | undefined;
}

/** For windows that are only in memory. */
export const NO_JOURNAL: Journal = {
  note() {},
  async durable() {
    return undefined;
  },
  fault: undefined,
};
