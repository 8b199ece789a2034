import type { Hit, Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import type { HeldHit } from './held-hit.ts';

/** What windows hold, as plain data for a snapshot. */

/** Figures of the bucket with this number, or of the window with this start, which have not closed. */
export interface SavedOpen {
  readonly number: number;
  readonly closes: number;
  readonly figures: SavedFigures;
}

export interface SavedFigures {
  readonly count: number;
  readonly exact: boolean;
  readonly values: Values;
  readonly truncated: readonly string[];
  readonly first: Micros;
  readonly last: Micros;
  readonly identities: readonly string[];
  readonly hits: readonly { readonly key: string; readonly hit: HeldHit }[];
}

export interface SavedEntry {
  readonly key: string;
  readonly first: HeldHit;
  readonly later?: HeldHit;
}

export interface SavedCell {
  readonly number: number;
  readonly expires: number;
  readonly entries: readonly SavedEntry[];
}

export interface SavedSliding {
  readonly kind: 'sliding';
  readonly expires: number;
  readonly cells: readonly SavedCell[];
  readonly fired: readonly {
    readonly bucket: number;
    readonly until: number;
    readonly closed: boolean;
    readonly passed: boolean;
  }[];
  readonly lapsed: readonly { readonly bucket: number; readonly until: number }[];
  readonly open: readonly SavedOpen[];
}

export interface SavedJudged {
  readonly kind: 'judged';
  /** In the order of arrival; the first `judged` of them have been judged. */
  readonly hits: readonly {
    readonly keys: readonly string[];
    readonly held: HeldHit;
    readonly arrived: Micros;
    readonly resumed?: Micros;
  }[];
  readonly judged: number;
  readonly refused: number;
  readonly fired: readonly { readonly bucket: number; readonly until: number }[];
}

export interface SavedTumbling {
  readonly kind: 'tumbling';
  readonly open: readonly SavedOpen[];
}

export interface SavedSilence {
  readonly kind: 'silence';
  readonly last: Hit;
  /** The arrival of the hit that was the last one when the group began to wait. */
  readonly awaited: number;
}

export type SavedState = SavedSliding | SavedJudged | SavedTumbling | SavedSilence;

export interface SavedGroup {
  readonly group: Hit['group'];
  readonly payer: string;
  /** See HeldGroup. */
  readonly overflow?: 'network' | 'all';
  /** A higher one was hit later. */
  readonly recency: number;
  readonly state: SavedState;
}

/** An identity for which a rule without a window has fired, and until when that is remembered. */
export interface SavedRepeat {
  readonly identity: string;
  readonly until: number;
}

/** What the windows of a rule hold beside their groups. */
export interface SavedHead {
  /** How many hits without an identity it has had. */
  readonly unnamed: number;
  /** Payers of several groups, in the order in which those of as many groups give way. */
  readonly payers?: readonly string[];
  /** See TumblingWindows. */
  readonly grace?: { readonly from: Micros; readonly until: Micros };
}

/** Takes what windows hold while a snapshot is made. */
export interface SaveTo {
  group(group: SavedGroup): void;
  repeat(repeat: SavedRepeat): void;
}

/** A request that lasts, by rule and identity; see KnownRequests. */
export interface SavedRequest {
  readonly key: string;
  readonly at: Micros;
  readonly until: number;
}
