import type { Micros } from '../../model/time.ts';

/** From a start on and before an end. */
export type Range = readonly [Micros, Micros];

/** Values by the name that a field has in a result row. */
export type RowFields = ReadonlyMap<string, readonly string[]>;

/** A risk event of the other side: of Splunk, or of another Sidewatch. */
export interface OtherEvent {
  /** Its file and line, for people. */
  readonly where: string;
  /** The name of its search, or of its rule, as the other side has it. */
  readonly search: string;
  /** The title of the rule in that name; undefined where the name has another form. */
  readonly title: string | undefined;
  /** The id of the rule, where the other side has one. */
  readonly rule?: string;
  /** Its id, where ids can be compared. */
  readonly uid?: string;
  /** '' where it has no risk object. */
  readonly object: string;
  readonly objectType: string;
  readonly score: number | undefined;
  /** The events that it looked at; undefined where it does not say. */
  readonly window: Range | undefined;
  /** When the risk event was made, or when its first event was; undefined where it does not say. */
  readonly at: Micros | undefined;
  /** The row that it came from. A field without a value is left out. */
  readonly fields: RowFields;
}

/** What was read of the other side. */
export interface OtherSide {
  /** Another Sidewatch otherwise. */
  readonly isSplunk: boolean;
  readonly events: readonly OtherEvent[];
  /** Rows that say something else, such as summaries. */
  readonly passedBy: number;
}
