import type { FieldPlan, ReadReport, Visit } from '../model/event.ts';
import type { Request } from '../model/request.ts';
import { ByteReading } from './bytes/byte-reading.ts';
import type { DocumentFault } from './plain/body-contents.ts';
import { bareOrigin, type Origin } from './plain/record-origin.ts';

/**
 * Reads lines of a log one after the other, each as `read` reads a request of shape `line`, without what a request costs.
 * Each line is a record.
 */
export class LineRun {
  readonly #reading: ByteReading;
  readonly #origin: { -readonly [K in keyof Origin]: Origin[K] };

  /** All but the bytes of `request` is that of the lines. Its time of arrival may change between them. */
  constructor(request: Request, plan: FieldPlan, visit: Visit) {
    this.#reading = new ByteReading(request, plan, visit);
    // Before the first resource: no event of the run is sampled unless it is of the next one.
    this.#origin = { ...bareOrigin(0, request), resourceIndex: -1 };
  }

  /** The fault of an event in the line, if it has one. False, with nothing visited, for a line that only `read` can read. */
  take(line: Uint8Array): boolean | DocumentFault {
    return this.#reading.document(line, this.#origin);
  }

  /** From the event on that is being visited, events are of another resource: for rules that are tested on one of each. */
  nextResource(): void {
    this.#origin.resourceIndex++;
  }

  end(): ReadReport {
    this.#reading.end();
    return this.#reading.plain.report.result;
  }
}
