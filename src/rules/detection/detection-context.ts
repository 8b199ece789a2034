import type { FindingReport } from '../source/rule-findings.ts';
import type { Lists } from '../source/value-lists.ts';

/** The surroundings of a detection that is parsed. */
export interface DetectionContext {
  readonly report: FindingReport;
  /** Lists for the modifier `expand`. */
  readonly lists: Lists;
  /** True for a detection over a result row: it has no arrays of objects and no keywords. */
  readonly row?: boolean;
}

/** The surroundings of a selection. */
export interface SelectionContext extends DetectionContext {
  /** The number of array blocks around it. */
  readonly depth: number;
}
