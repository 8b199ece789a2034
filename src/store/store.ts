import type { Micros } from '../model/time.ts';

// What a durable state keeps: a journal of blocks, a snapshot, and an outbox. What the bytes mean is its caller's business.

/**
 * A block of journal entries and everything that becomes durable with it. Numbers are given by the caller and only grow. The
 * bytes are copied before `commit` returns.
 */
export interface Commit {
  /** Encoded entries, and the number of this block. Missing where only the outbox changes. */
  readonly block?: { readonly number: number; readonly bytes: Uint8Array };
  readonly events: readonly StoredEvent[];
  /** By destination. A number that is not there is ignored. */
  readonly settled: readonly { readonly to: string; readonly seqs: readonly number[] }[];
}

export interface StoredEvent {
  readonly seq: number;
  /** 0 to 4, the index of its level in LEVELS: higher ones are taken first. */
  readonly priority: number;
  readonly since: Micros;
  /** Names of destinations. */
  readonly to: readonly string[];
  readonly bytes: Uint8Array;
}

export interface WaitingEvent {
  readonly seq: number;
  readonly since: Micros;
  readonly bytes: Uint8Array;
}

/** What went wrong with the file, for people, and what to do. */
export interface StoreFault {
  readonly kind: 'locked' | 'newer' | 'unreadable' | 'damaged' | 'read-only' | 'full' | 'other';
  readonly why: string;
}

/** A fault in an answer whose type has no room for one. */
export class StoreError extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault) {
    super(fault.why);
    this.fault = fault;
  }
}

/** Calls are answered in their order. `waiting`, `oldest`, `forget`, `parts`, `blocks` and `size` reject with a StoreError. */
export interface Store {
  /** Durable when it resolves. A fault: nothing was changed, and the same commit may be tried again. */
  commit(commit: Commit): Promise<StoreFault | undefined>;
  /**
   * The most severe and then oldest events of a destination, without those in `lent`. `worst`: the least severe and then
   * oldest.
   */
  take(
    to: string,
    max: number,
    lent: readonly number[],
    which?: 'first' | 'worst',
  ): Promise<readonly WaitingEvent[] | StoreFault>;
  /** By destination (also such that the configuration has no more): how many events wait, and since when the oldest. */
  waiting(): Promise<ReadonlyMap<string, { readonly left: number; readonly oldest: Micros }>>;
  /** Since when the oldest event of a destination waits, at the cost of a look into an index; undefined where none does. */
  oldest(to: string): Promise<Micros | undefined>;
  /** Forgets what waits for a destination that is not there any more. Returns how many. */
  forget(to: string): Promise<number>;
  /** Highest numbers that were ever used when it was opened, 0 for none: to go on after them. */
  readonly last: { readonly block: number; readonly seq: number };
  /**
   * Parts of a snapshot: written one by one, valid only once it is finished; an unfinished one is removed at open. The number
   * is only a name until then, and may be used again.
   */
  snapshotPart(snapshot: number, bytes: Uint8Array): Promise<StoreFault | undefined>;
  /** Makes it the snapshot, in one transaction with the removal of the former one and of journal blocks up to `block`. */
  finishSnapshot(snapshot: number, block: number): Promise<StoreFault | undefined>;
  dropSnapshot(snapshot: number): Promise<void>;
  /** The parts of the snapshot, in order, then the blocks behind it, in order. To be read before anything is committed. */
  parts(): AsyncIterable<Uint8Array>;
  blocks(): AsyncIterable<{ readonly number: number; readonly bytes: Uint8Array }>;
  /** Bytes on disk (for metrics) and of journal blocks since the snapshot. */
  size(): Promise<{ readonly file: number; readonly journal: number; readonly snapshot: number }>;
  close(): Promise<void>;
  /** For a caller to whom what the store holds, whole as it is, means nothing. */
  unreadable(detail: string): StoreFault;
  /** Resolves, with the reason, when it can do nothing more by itself, and only a new opening helps. Not at `close`. */
  readonly ended: Promise<StoreFault>;
}
