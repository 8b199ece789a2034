import type { ExportLogsServiceRequest } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { atOnce, inOneStep, type Steps } from '../../lib/steps.ts';
import type { EventContext, EventReader, FieldPlan } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { objectOf } from '../document/any-value-json.ts';
import { tooLargeWhy } from '../document/charge.ts';
import { DOCUMENTS_MAX } from '../document/document-pieces.ts';
import { isObject, type JsonObject, textOf } from '../document/json.ts';
import { withPatch } from '../document/json-patch.ts';
import { withoutJsonStrings } from '../document/json-strings.ts';
import { LOOKS, lookOfText } from '../document/record-looks.ts';
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
import { memberwise, notAnObject, piecewise, type ReadPiece, type SeveralDocuments } from './piecewise.ts';
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
    const clusters = this.#request;
    for (const [resourceIndex, { resource, scopeLogs }] of resourceLogs.entries()) {
      let attributes: JsonObject | undefined;
      const resourceAttributes = () => {
        attributes ??= objectOf(resource?.attributes ?? []);
        return attributes;
      };
      for (const { scope, logRecords } of scopeLogs) {
        for (const log of logRecords) {
          const record = this.report.records++;
          const origin = new RecordOrigin({ record, resourceIndex, clusters }, resourceAttributes, log);
          if (scope?.name === OWN_SCOPE) this.report.passBy('own', LOOKS.own);
          else this.record(contentsOfBody(log.body, this.#request.shape), origin, `record ${record}: `);
        }
      }
    }
  }

  /** A record with faults is rejected once, and its good events are visited. The reason begins with `name`. */
  record(contents: Contents, origin: Origin, name = ''): void {
    const { report } = this;
    if (contents.kind === 'none') report.passBy(contents.passedBy, contents.look);
    else if (contents.kind === 'pieces') {
      const { text } = contents;
      const read: ReadPiece = (start, end) => inOneStep(() => this.piece(text.subarray(start, end), origin));
      atOnce(this.pieces(text, 0, text.length, name, read));
    } else if (contents.kind === 'members') this.#members(contents.members, origin, name);
    else {
      const fault = this.#contents(contents, origin);
      if (fault) report.reject(name + fault.why);
    }
  }

  /** A text that is not one document. `read` visits the events of one document in it, and returns its fault if it has one. */
  *pieces(text: Uint8Array, start: number, end: number, name: string, read: ReadPiece): Steps<void> {
    const before = this.report.events;
    const documentsMax = this.#request.shape === 'line' ? Number.POSITIVE_INFINITY : DOCUMENTS_MAX;
    const found = yield* piecewise(text, [start, end], documentsMax, read);
    const span = Buffer.from(text.buffer, text.byteOffset + start, end - start);
    this.#settle(found, this.report.events - before, name, span);
  }

  /** One document in such a text. */
  piece(text: Uint8Array, origin: Origin): DocumentFault | undefined {
    return this.#contents(contentsOfPiece(textOf(text), this.#request.shape), origin);
  }

  #members(members: readonly unknown[], origin: Origin, name: string): void {
    const before = this.report.events;
    const found = memberwise(members, (member) =>
      this.#contents(contentsOfDocument(member, this.#request.shape, 'other'), origin),
    );
    this.#settle(found, this.report.events - before, name);
  }

  /** Counts what happens to a record of several documents. `text`: the text that holds them; without it they are members of an OTLP array. */
  #settle(found: SeveralDocuments, events: number, name: string, text?: Buffer): void {
    const { report } = this;
    const { malformed, unparsed, item } = found;
    if (events > 0 && found.documents > 1) report.several++;
    if (events > 0 || found.blank) report.nulBytes += found.nulBytes;
    if (events > 0) {
      const why = malformed ?? unparsed ?? item;
      if (why !== undefined) report.reject(name + why);
    } else if (malformed !== undefined) report.reject(name + malformed);
    else if (unparsed !== undefined && text !== undefined && resemblesEvent(text))
      report.reject(name + unparsed);
    else if (unparsed !== undefined && text !== undefined) report.passBy('text', lookOfText(text));
    else if (found.blank) report.passBy('empty', found.nulBytes > 0 ? LOOKS.nul : LOOKS.list);
    else if (text === undefined) report.passBy('other', LOOKS.members);
    else report.passBy('json', LOOKS.objects);
  }

  /** Visits the events of a document. In a list the good items are visited, and the first bad one is the fault. */
  #contents(contents: Contents, origin: Origin): DocumentFault | undefined {
    if (contents.kind === 'malformed') return contents;
    if (contents.kind === 'request') this.otlp(contents.request);
    if (contents.kind !== 'events') return undefined;
    let fault: DocumentFault | undefined;
    for (const event of contents.events) {
      const found = isObject(event) ? this.event(event, origin) : undefined;
      fault ??= found;
    }
    const bad = contents.events.findIndex((event) => !isObject(event));
    return bad < 0 ? fault : { why: notAnObject(bad) };
  }

  /** Its fault is that a rule asks for more of it than may be looked at. */
  event(event: JsonObject, origin: Origin): DocumentFault | undefined {
    // Most requests never need one: their events are read from the bytes.
    this.#reader ??= ParsedReader.of(this.#plan);
    const read = withPatch(withoutJsonStrings(event));
    try {
      this.#visit(this.#reader.turn(read, origin), contextOf(read, origin, this.#request.arrived));
    } catch (thrown) {
      return { why: tooLargeWhy(thrown) };
    }
    this.report.events++;
    return undefined;
  }
}
