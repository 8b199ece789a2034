import type { ExportLogsServiceRequest } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { EventContext, EventReader, FieldPlan } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { objectOf } from '../document/any-value-json.ts';
import { isObject, type JsonObject } from '../document/json.ts';
import { type Contents, contentsOfBody } from './body-contents.ts';
import { contextOf } from './event-context.ts';
import { ParsedReader } from './parsed-reader.ts';
import { ReadCounts } from './read-counts.ts';
import { type Origin, RecordOrigin } from './record-origin.ts';

/** The scope of our own risk events. They are never detected on, or a detection could trigger itself. */
const OWN_SCOPE = 'sidewatch';

/** Reads one request: visits the events of its records and counts what happens to each record. */
export class PlainReading {
  readonly report = new ReadCounts();
  readonly #request: Request;
  readonly #plan: FieldPlan;
  #reader: ParsedReader | undefined;
  readonly #visit: (event: EventReader, about: EventContext) => void;

  constructor(request: Request, plan: FieldPlan, visit: (event: EventReader, about: EventContext) => void) {
    this.#request = request;
    this.#plan = plan;
    this.#visit = visit;
  }

  otlp({ resourceLogs }: ExportLogsServiceRequest): void {
    const { cluster } = this.#request;
    for (const [resourceIndex, { resource, scopeLogs }] of resourceLogs.entries()) {
      let attributes: JsonObject | undefined;
      const resourceAttributes = () => {
        attributes ??= objectOf(resource?.attributes ?? []);
        return attributes;
      };
      for (const { scope, logRecords } of scopeLogs) {
        for (const log of logRecords) {
          const record = this.report.records++;
          const origin = new RecordOrigin({ record, resourceIndex, cluster }, resourceAttributes, log);
          if (scope?.name === OWN_SCOPE) this.report.passBy('own');
          else this.record(contentsOfBody(log.body, this.#request.shape), origin, `record ${record}: `);
        }
      }
    }
  }

  /** A record with bad items is rejected once, and its good items are visited. The reason begins with `name`. */
  record(contents: Contents, origin: Origin, name = ''): void {
    if (contents.kind === 'none') this.report.passBy(contents.passedBy);
    else if (contents.kind === 'malformed') this.report.reject(name + contents.why);
    else if (contents.kind === 'request') this.otlp(contents.request);
    else {
      const bad = contents.events.findIndex((event) => !isObject(event));
      if (bad >= 0) this.report.reject(`${name}item ${bad} is not an object`);
      for (const event of contents.events) if (isObject(event)) this.event(event, origin);
    }
  }

  event(event: JsonObject, origin: Origin): void {
    this.report.events++;
    // Most requests never need one: their events are read from the bytes.
    this.#reader ??= ParsedReader.of(this.#plan);
    this.#visit(this.#reader.turn(event, origin), contextOf(event, origin, this.#request.arrived));
  }
}
