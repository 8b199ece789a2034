import type { Hit } from './hit.ts';
import type { Request, Verdict } from './request.ts';

/** What a request's records hold, for the next hop of a chain. */
export interface RequestFindings {
  readonly hits: readonly Hit[];
  /** By the index of each record that matched: the base rules that matched its events. */
  readonly matched: ReadonlyMap<number, ReadonlySet<string>>;
  /** Ids of a base rule and of all rules that count its matches, directly or through others. */
  readonly countedBy: (base: string) => readonly string[];
  /** Records of Sidewatch's own scope. */
  readonly own: number;
}

/** The next hop of a chain. Its methods never reject. */
export interface Forward {
  /** Whether requests of this kind go on. Others are counted here, and that is all. */
  takes(shape: Request['shape']): boolean;
  /**
   * Sends a request on, once, and gives the answer: `relayed`; `accepted` where nothing was left to send; or why it was not
   * sent or not answered.
   */
  pass(request: Request, found: RequestFindings): Promise<Verdict>;
  /** The same for a request that cannot be read, if the next hop may decide about it; else `why` is the answer. */
  passUnread(request: Request, why: string): Promise<Verdict>;
}
