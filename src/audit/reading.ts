import type { ExportLogsServiceRequest } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { LogRecord } from '../gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import type { Envelope, EventReader, FieldPlan } from '../model/event.ts';
import type { Request } from '../model/request.ts';
import { jsonOf, objectOf } from './any-value.ts';
import { eventsOf, resemblesEvent } from './audit-event.ts';
import { envelopeOf } from './envelope.ts';
import { isBlank, isObject, type JsonObject, parseJson, textOf } from './json.ts';
import { type Origin, RecordOrigin } from './origin.ts';
import { ParsedReader } from './parsed-reader.ts';
import { Report } from './report.ts';

/** The scope of our own risk events: never detected on, or a detection could feed itself. */
const OWN_SCOPE = 'sidewatch';

/** One request's turn: visits the events of its records and counts what becomes of each record. */
export class Reading {
  readonly report = new Report();
  readonly #request: Request;
  readonly #reader: ParsedReader;
  readonly #visit: (event: EventReader, about: Envelope) => void;

  constructor(request: Request, plan: FieldPlan, visit: (event: EventReader, about: Envelope) => void) {
    this.#request = request;
    this.#reader = ParsedReader.of(plan);
    this.#visit = visit;
  }

  otlp({ resourceLogs }: ExportLogsServiceRequest): void {
    for (const { resource, scopeLogs } of resourceLogs) {
      let attributes: JsonObject | undefined;
      const resourceAttributes = () => {
        attributes ??= objectOf(resource?.attributes ?? []);
        return attributes;
      };
      for (const { scope, logRecords } of scopeLogs) {
        for (const log of logRecords) {
          const record = this.report.records++;
          if (scope?.name === OWN_SCOPE) this.report.passBy('own');
          else this.#record(log, new RecordOrigin(record, this.#request.cluster, resourceAttributes, log));
        }
      }
    }
  }

  /** Text of one record. `otherwise` gets the JSON document that holds no audit event. `name` begins the reason for a reject. */
  text(text: string, origin: Origin, name: string, otherwise: (document: unknown) => void): void {
    if (isBlank(text)) return this.report.passBy('empty');
    const parsed = parseJson(text);
    if ('value' in parsed) return this.#document(parsed.value, origin, name, otherwise);
    if (resemblesEvent(text)) this.report.reject(`${name}${parsed.why}`);
    else this.report.passBy('text');
  }

  event(event: JsonObject, origin: Origin): void {
    this.report.events++;
    this.#visit(this.#reader.turn(event, origin), envelopeOf(event, origin, this.#request.arrived));
  }

  #record({ body }: LogRecord, origin: Origin): void {
    const name = `record ${origin.record}: `;
    switch (body?.value.case) {
      case undefined:
        return this.report.passBy('empty');
      case 'stringValue':
        return this.text(body.value.value, origin, name, () => this.report.passBy('json'));
      case 'bytesValue':
        return this.text(textOf(body.value.value), origin, name, () => this.report.passBy('json'));
      default:
        return this.#document(jsonOf(body), origin, name, () => this.report.passBy('other'));
    }
  }

  #document(document: unknown, origin: Origin, name: string, otherwise: (document: unknown) => void): void {
    const events = eventsOf(document);
    if (events === undefined) return otherwise(document);
    if ('why' in events) return this.report.reject(`${name}${events.why}`);
    if (events.length === 0) return this.report.passBy('empty');
    const bad = events.findIndex((event) => !isObject(event));
    if (bad >= 0) this.report.reject(`${name}item ${bad} is no object`);
    for (const event of events) if (isObject(event)) this.event(event, origin);
  }
}
