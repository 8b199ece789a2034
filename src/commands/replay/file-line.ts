/** A line of an input, or a JSON document of several lines. */
export interface FileLine {
  /** As editors count; for a document, the number of its first line. */
  readonly number: number;
  /** undefined beyond LINE_MAX. */
  readonly bytes: Uint8Array | undefined;
  /** For a serialised OTLP request, which is no text; `number` counts them. */
  readonly shape?: 'otlp';
  /** True for a document of several lines that is beyond LINE_MAX. */
  readonly document?: true;
}
