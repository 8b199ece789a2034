/** A line of an input, or a JSON document that goes over several. */
export interface FileLine {
  /** As an editor counts; of a document, that of its first line. */
  readonly number: number;
  /** undefined for what is beyond LINE_MAX. */
  readonly bytes: Uint8Array | undefined;
  /** True for a document beyond LINE_MAX that goes over several lines. */
  readonly document?: true;
}
