import type { PassedBy, ReadReport } from '../../model/event.ts';

/** Rejected records of a request whose reasons are reported to the sender. */
const REASONS_MAX = 5;

/** Counts what happened to the records of a request. */
export class ReadCounts {
  readonly #passedBy: Partial<Record<PassedBy, number>> = {};
  readonly #looks: Partial<Record<PassedBy, string>> = {};
  readonly #slow: Record<string, number> = {};
  #rejected = 0;
  readonly #reasons: string[] = [];
  records = 0;
  events = 0;
  /** Records that held several documents. */
  several = 0;
  /** Events whose text broke off. */
  truncated = 0;
  /** NUL bytes around documents. */
  nulBytes = 0;

  /** `look`: what the record looks like. */
  passBy(kind: PassedBy, look: string): void {
    this.#looks[kind] ??= look;
    this.#passedBy[kind] = (this.#passedBy[kind] ?? 0) + 1;
  }

  countSlow(reason: string, events: number): void {
    this.#slow[reason] = (this.#slow[reason] ?? 0) + events;
  }

  reject(why: string): void {
    this.#rejected++;
    if (this.#reasons.length < REASONS_MAX) this.#reasons.push(why);
  }

  get result(): ReadReport {
    const more = this.#rejected - this.#reasons.length;
    const why = [...this.#reasons, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
    return {
      records: this.records,
      events: this.events,
      passedBy: { ...this.#passedBy },
      looks: { ...this.#looks },
      rejected: this.#rejected,
      slow: { ...this.#slow },
      ...(this.several > 0 ? { several: this.several } : {}),
      ...(this.truncated > 0 ? { truncated: this.truncated } : {}),
      ...(this.nulBytes > 0 ? { nulBytes: this.nulBytes } : {}),
      ...(why === '' ? {} : { why }),
    };
  }
}
