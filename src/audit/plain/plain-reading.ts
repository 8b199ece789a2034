import type { ExportLogsServiceRequest } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { EventContext, EventReader, FieldPlan, PassedBy } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { objectOf } from '../document/any-value-json.ts';
import { DOCUMENTS_MAX } from '../document/document-pieces.ts';
import { isObject, type JsonObject, textOf } from '../document/json.ts';
import { withPatch } from '../document/json-patch.ts';
import {
  type Contents,
  contentsOfBody,
  contentsOfDocument,
  contentsOfPiece,
  type DocumentFault,
  resemblesEvent,
} from './body-contents.ts';
import { contextOf } from './event-context.ts';
import { ParsedReader } from './parsed-reader.ts';
import { memberwise, notAnObject, piecewise, type SeveralDocuments } from './piecewise.ts';
import { ReadCounts } from './read-report.ts';
import { type Origin, RecordOrigin } from './record-origin.ts';

/** The scope of our own risk events: never detected on, or a detection could feed itself. */
const OWN_SCOPE = 'sidewatch';

/** One request's turn: visits the events of its records and counts what becomes of each record. */
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

  /** `name` begins the reason why it is rejected. */
  record(contents: Contents, origin: Origin, name = ''): void {
    const { report } = this;
    if (contents.kind === 'none') report.passBy(contents.passedBy);
    else if (contents.kind === 'pieces') {
      const { text } = contents;
      this.pieces(text, 0, text.length, name, (start, end) => this.piece(text.subarray(start, end), origin));
    } else if (contents.kind === 'members') this.#members(contents.members, origin, name);
    else {
      const fault = this.#contents(contents, origin);
      if (fault) report.reject(name + fault.why);
    }
  }

  /** A text that is not one document. `read` visits the events of a document in it, and returns what is wrong with that. */
  pieces(
    text: Uint8Array,
    start: number,
    end: number,
    name: string,
    read: (start: number, end: number) => DocumentFault | undefined,
  ): void {
    const before = this.report.events;
    const most = this.#request.shape === 'line' ? Number.POSITIVE_INFINITY : DOCUMENTS_MAX;
    const found = piecewise(text, [start, end], most, read);
    const isOther = () => !resemblesEvent(Buffer.from(text.buffer, text.byteOffset + start, end - start));
    this.#settle(found, this.report.events - before, name, 'json', isOther);
  }

  /** One document of such a text. */
  piece(text: Uint8Array, origin: Origin): DocumentFault | undefined {
    return this.#contents(contentsOfPiece(textOf(text), this.#request.shape), origin);
  }

  #members(members: readonly unknown[], origin: Origin, name: string): void {
    const before = this.report.events;
    const found = memberwise(members, (member) =>
      this.#contents(contentsOfDocument(member, this.#request.shape, 'other'), origin),
    );
    this.#settle(found, this.report.events - before, name, 'other', () => false);
  }

  /** What becomes of a record of several documents. `isOther`: whether what does not parse is some other text. */
  #settle(
    found: SeveralDocuments,
    events: number,
    name: string,
    otherwise: PassedBy,
    isOther: () => boolean,
  ): void {
    const { report } = this;
    const { malformed, unparsed, item } = found;
    if (events > 0 && found.documents > 1) report.several++;
    if (events > 0 || found.blank) report.nulBytes += found.nulBytes;
    if (events > 0) {
      const why = malformed ?? unparsed ?? item;
      if (why !== undefined) report.reject(name + why);
    } else if (malformed !== undefined) report.reject(name + malformed);
    else if (unparsed === undefined) report.passBy(found.blank ? 'empty' : otherwise);
    else if (isOther()) report.passBy('text');
    else report.reject(name + unparsed);
  }

  /** Visits the events of a document. Of a list the good items are visited, and the first bad one is its fault. */
  #contents(contents: Contents, origin: Origin): DocumentFault | undefined {
    if (contents.kind === 'malformed') return contents;
    if (contents.kind === 'request') this.otlp(contents.request);
    if (contents.kind !== 'events') return undefined;
    for (const event of contents.events) if (isObject(event)) this.event(event, origin);
    const bad = contents.events.findIndex((event) => !isObject(event));
    return bad < 0 ? undefined : { why: notAnObject(bad) };
  }

  event(event: JsonObject, origin: Origin): void {
    this.report.events++;
    // Most requests never need it: their events are read from the bytes.
    this.#reader ??= ParsedReader.of(this.#plan);
    this.#visit(this.#reader.turn(withPatch(event), origin), contextOf(event, origin, this.#request.arrived));
  }
}
