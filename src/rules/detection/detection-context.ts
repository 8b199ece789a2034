import type { FindingReport } from '../source/findings.ts';
import type { Lists } from '../source/value-lists.ts';

/** What a detection is read with. */
export interface DetectionContext {
  /** Who is told of problems. */
  readonly report: FindingReport;
  /** What `|expand` may name. */
  readonly lists: Lists;
  /** True for a detection over a result row: it has no arrays of objects, and no text of its own. */
  readonly row?: boolean;
}

/** Where a selection stands. */
export interface SelectionContext extends DetectionContext {
  /** Array blocks around it. */
  readonly depth: number;
}
