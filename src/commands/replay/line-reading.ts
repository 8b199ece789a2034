import { LineRun } from '../../audit/line-run.ts';
import { read } from '../../audit/read.ts';
import type { FieldPlan, ReadOutcome, ReadRequest, Visit } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import type { Micros } from '../../model/time.ts';
import type { RequestHits } from '../../pipeline.ts';
import type { FileLine } from './file-line.ts';
import type { InputTally } from './input-tally.ts';

/** Bytes of lines that are read as one request: what a request costs is then nothing for a line, and their hits are few. */
const RUN_BYTES = 2 ** 18;
/** Event time. Rules with `sample: request` test an event of each such part of a file. */
const SAMPLED_EVERY = 1_000_000;

export interface ReadingOptions {
  readonly cluster: string | undefined;
  /** Events from `from` on and before `to` are looked at; others are only counted. */
  readonly times: { readonly from: Micros | undefined; readonly to: Micros | undefined };
  readonly tally: InputTally;
}

type LineRequest = Omit<Request, 'arrived'> & { arrived: Micros };

/** A line, or an OTLP request, by itself. */
export const lineRequest = ({ bytes, shape }: FileLine, arrived: Micros, cluster?: string): LineRequest => ({
  bytes: bytes!,
  shape: shape ?? 'line',
  arrived,
  headers: new Map(),
  ...(cluster === undefined ? {} : { cluster }),
});

/**
 * Reads the lines of one input: those that hold one document each as one request, as long as they follow each other, and any
 * other line as a request of its own. Both give the same events.
 */
export class LineReading {
  readonly #name: string;
  readonly #options: ReadingOptions;
  /** The time of the newest event before the lines that are being read. */
  #since: Micros;
  /** The time of the event that was sampled last before them. */
  #sampled = Number.NEGATIVE_INFINITY;
  #lines: readonly FileLine[] = [];
  #from = 0;
  #counted = 0;
  // What reading has come to so far; it may begin again.
  #newest: Micros;
  #sampling = Number.NEGATIVE_INFINITY;
  #outside = 0;
  #faults: { readonly number: number; readonly why: string }[] = [];
  /** How many lines were taken last. */
  taken = 0;

  constructor(name: string, options: ReadingOptions, since: Micros) {
    this.#name = name;
    this.#options = options;
    this.#since = since;
    this.#newest = since;
  }

  /** The next request, of lines from `from` on; undefined for a line that is too large to be read. */
  begin(lines: readonly FileLine[], from: number): Request | undefined {
    this.#lines = lines;
    this.#from = from;
    this.taken = 1;
    const line = lines[from]!;
    if (line.bytes !== undefined) return lineRequest(line, this.#since, this.#options.cluster);
    this.#options.tally.unread.push(`${this.#name}:${line.number}  ${tooLarge(line)}`);
    this.#countLines();
    return undefined;
  }

  /** Reads what `begin` gave. */
  readonly read: ReadRequest = (request, plan, visit) => {
    this.#newest = this.#since;
    this.#sampling = this.#sampled;
    this.#outside = 0;
    this.#faults = [];
    const found = request.shape === 'line' ? this.#run(request, plan, visit) : undefined;
    if (found !== undefined) return found;
    this.taken = 1;
    return read(
      request,
      plan,
      this.#seen(visit, () => {}),
    );
  };

  /** Counts what was read. */
  end(found: RequestHits | { readonly malformed: string }): void {
    const { tally } = this.#options;
    const first = `${this.#name}:${this.#lines[this.#from]!.number}`;
    this.#since = this.#newest;
    this.#sampled = this.#sampling;
    this.#countLines();
    tally.outside += this.#outside;
    if ('malformed' in found) tally.addMalformed(first, found.malformed);
    else if (this.#faults.length > 0)
      for (const { number, why } of this.#faults) tally.addMalformed(`${this.#name}:${number}`, why);
    else if (found.rejected > 0) tally.addMalformed(first, found.why ?? 'malformed');
  }

  /** Reads as many lines as hold one document each. undefined if the first one does not. */
  #run(request: LineRequest, plan: FieldPlan, visit: Visit): ReadOutcome | undefined {
    const seen = this.#seen(visit, () => run.nextResource());
    const run = new LineRun(request, plan, seen);
    this.taken = 0;
    let left = RUN_BYTES;
    for (let i = this.#from; i < this.#lines.length && left > 0; i++) {
      const { number, bytes, shape } = this.#lines[i]!;
      if (bytes === undefined || shape !== undefined) break;
      request.arrived = this.#newest;
      const read = run.take(bytes);
      if (read === false) break;
      if (read !== true) this.#faults.push({ number, why: read.why });
      this.taken++;
      left -= bytes.length;
    }
    const report = run.end();
    return this.taken > 0 ? report : undefined;
  }

  /** `sample` is called for an event that is tested by rules with `sample: request`. */
  #seen(visit: Visit, sample: () => void): Visit {
    const { tally, times } = this.#options;
    const { from = 0, to = Number.POSITIVE_INFINITY } = times;
    return (event, about) => {
      const { at } = about;
      if (at > this.#newest) this.#newest = at;
      if (at < from || at >= to) {
        this.#outside++;
        return 0;
      }
      tally.look(at);
      if (Math.abs(at - this.#sampling) >= SAMPLED_EVERY) {
        this.#sampling = at;
        sample();
      }
      return visit(event, about);
    };
  }

  /** Several documents of one line may come one by one. */
  #countLines(): void {
    for (let i = this.#from; i < this.#from + this.taken; i++) {
      const { number } = this.#lines[i]!;
      if (number !== this.#counted) this.#options.tally.lines++;
      this.#counted = number;
    }
  }
}

const tooLarge = ({ shape, document }: FileLine): string =>
  shape === 'otlp' ? REQUEST_TOO_LARGE : document ? DOCUMENT_TOO_LARGE : LINE_TOO_LONG;

const REQUEST_TOO_LARGE = 'the OTLP request is larger than 64 MiB and was not read';
const LINE_TOO_LONG = 'the line is longer than 64 MiB and was not read';
const DOCUMENT_TOO_LARGE =
  "the document is larger than 64 MiB and was not read; put each event on a line of its own (jq -c '.items[]')";
