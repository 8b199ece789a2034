/** Malformed lines that are named one by one; the others are only counted. */
const NAMED_MAX = 20;

/** What was read of all inputs, and what could not be. */
export class InputTally {
  readonly #report: (text: string) => void;
  lines = 0;
  malformed = 0;
  /** What a file holds and nobody read, one line each: then what was found is not all. */
  readonly unread: string[] = [];

  constructor(report: (text: string) => void) {
    this.#report = report;
  }

  passOver(where: string, why: string): void {
    this.malformed++;
    if (this.malformed <= NAMED_MAX) this.#report(`${where}  ${why}`);
    else if (this.malformed === NAMED_MAX + 1)
      this.#report('more malformed lines follow; they are counted below');
  }
}
