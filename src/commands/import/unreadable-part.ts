/** A part of a Splunk configuration that has no counterpart here, or that cannot be read. */
export class UnreadablePart extends Error {
  override readonly name = 'UnreadablePart';
  /** Its `file:line`. */
  readonly where: string;

  constructor(where: string, message: string) {
    super(message);
    this.where = where;
  }
}
