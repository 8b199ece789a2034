import type { PassedBy, ReadReport } from '../../model/event.ts';

/** Rejected records of a request that its sender is told of by name. */
const REASONS_MAX = 5;

/** Counts what became of a request's records. */
export class ReadCounts {
  readonly #passedBy: Partial<Record<PassedBy, number>> = {};
  readonly #slow: Record<string, number> = {};
  #rejected = 0;
  readonly #why: string[] = [];
  records = 0;
  events = 0;
  /** Records that held several documents. */
  several = 0;
  /** NUL bytes that stood around documents. */
  nulBytes = 0;

  passBy(kind: PassedBy): void {
    this.#passedBy[kind] = (this.#passedBy[kind] ?? 0) + 1;
  }

  slow(reason: string, events: number): void {
    this.#slow[reason] = (this.#slow[reason] ?? 0) + events;
  }

  reject(why: string): void {
    this.#rejected++;
    if (this.#why.length < REASONS_MAX) this.#why.push(why);
  }

  get result(): ReadReport {
    const more = this.#rejected - this.#why.length;
    const why = [...this.#why, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
    return {
      records: this.records,
      events: this.events,
      passedBy: { ...this.#passedBy },
      rejected: this.#rejected,
      slow: { ...this.#slow },
      ...(this.several > 0 ? { several: this.several } : {}),
      ...(this.nulBytes > 0 ? { nulBytes: this.nulBytes } : {}),
      ...(why === '' ? {} : { why }),
    };
  }
}
