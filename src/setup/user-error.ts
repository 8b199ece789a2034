/** An error that the user can correct: printed line by line without a stack, then the process exits with `code`. */
export class UserError extends Error {
  readonly lines: readonly string[];
  readonly code: number;

  constructor(lines: readonly string[], code = 1) {
    super(lines.join('\n'));
    this.lines = lines;
    this.code = code;
  }
}
