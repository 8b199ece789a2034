import type { PassedBy, ReadReport } from '../model/event.ts';

/** Counts what became of a request's records. */
export class Report {
  readonly #passedBy: Partial<Record<PassedBy, number>> = {};
  readonly #slow: Record<string, number> = {};
  #rejected = 0;
  #why: string | undefined;
  records = 0;
  events = 0;

  passBy(kind: PassedBy): void {
    this.#passedBy[kind] = (this.#passedBy[kind] ?? 0) + 1;
  }

  slow(reason: string, events: number): void {
    this.#slow[reason] = (this.#slow[reason] ?? 0) + events;
  }

  reject(why: string): void {
    this.#rejected++;
    this.#why ??= why;
  }

  get result(): ReadReport {
    return {
      records: this.records,
      events: this.events,
      passedBy: { ...this.#passedBy },
      rejected: this.#rejected,
      slow: { ...this.#slow },
      ...(this.#why === undefined ? {} : { why: this.#why }),
    };
  }
}
