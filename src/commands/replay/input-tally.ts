import type { Micros } from '../../model/time.ts';

/** Malformed lines that are reported one by one; further ones are only counted. */
const NAMED_MAX = 20;

/** Counts what was read of all inputs, and what could not be read. */
export class InputTally {
  readonly #report: (text: string) => void;
  lines = 0;
  malformed = 0;
  /** Audit events outside of --from and --to. */
  outside = 0;
  /** The times of the first and the last audit event that was looked at; undefined without one. */
  covered: readonly [Micros, Micros] | undefined;
  /** Input that could not be read, one line each: the result is then incomplete. */
  readonly unread: string[] = [];

  constructor(report: (text: string) => void) {
    this.#report = report;
  }

  look(at: Micros): void {
    const [first, last] = this.covered ?? [at, at];
    if (this.covered === undefined || at < first || at > last)
      this.covered = [Math.min(first, at) as Micros, Math.max(last, at) as Micros];
  }

  addMalformed(where: string, why: string): void {
    this.malformed++;
    if (this.malformed <= NAMED_MAX) this.#report(`${where}  ${why}`);
    else if (this.malformed === NAMED_MAX + 1)
      this.#report('there are more malformed lines; their number is in the summary');
  }
}
