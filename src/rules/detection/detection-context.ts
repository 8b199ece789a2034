import type { Report } from '../source/findings.ts';
import type { Lists } from '../source/value-lists.ts';

/** What a detection is read with. */
export interface Where {
  /** Who is told of problems. */
  readonly report: Report;
  /** What `|expand` may name. */
  readonly lists: Lists;
  /** True for a detection over a result row: it has no arrays of objects, and no text of its own. */
  readonly row?: boolean;
}

/** Where a selection stands. */
export interface Scope extends Where {
  /** Array blocks around it. */
  readonly depth: number;
}
