import type { ExportLogsServiceRequest } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { LogRecord } from '../../gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { atOnce, inOneStep, type Steps } from '../../lib/steps.ts';
import type { EventContext, EventReader, FieldPlan } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { objectOf } from '../document/any-value-json.ts';
import { tooLargeWhy } from '../document/charge.ts';
import { isObject, type JsonObject, textOf } from '../document/json.ts';
import { withPatch } from '../document/json-patch.ts';
import { withoutJsonStrings } from '../document/json-strings.ts';
import { LOOKS, lookOfText } from '../document/record-looks.ts';
import { CriParts, hasParts, type JoinedLine, joinedParts } from '../texts/cri-parts.ts';
import { beginsAsText, DOCUMENTS_MAX } from '../texts/document-pieces.ts';
import {
  type Contents,
  contentsOfDocument,
  contentsOfPiece,
  contentsOfRecord,
  contentsOfText,
  type DocumentFault,
  resemblesEvent,
} from './body-contents.ts';
import { contextOf } from './event-context.ts';
import { ParsedReader } from './parsed-reader.ts';
import {
  memberwise,
  notAnObject,
  piecewise,
  type ReadPiece,
  type SeveralDocuments,
  tooMany,
} from './piecewise.ts';
import { ReadCounts } from './read-counts.ts';
import { NamedOrigin, type Origin, RecordOrigin } from './record-origin.ts';

/** The scope of our own risk events. They are never detected on, or a detection could trigger itself. */
const OWN_SCOPE = 'sidewatch';

/** Attributes of a record that say which container wrote it. Lines of one container are never joined with those of another. */
const SOURCES = [
  'log.file.path',
  'log.file.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'k8s.container.name',
  'k8s.container.restart_count',
  'container.id',
  'container.name',
];

const sourceOf = (origin: Origin): string =>
  JSON.stringify([origin.resourceIndex, ...SOURCES.map((key) => origin.attribute(key))]);

/** Envelopes within each other; what is wrapped deeper is not read. */
const ENVELOPES_MAX = 4;

/** Reads one request: visits the events of its records and counts what happens to each record. */
export class PlainReading {
  readonly report = new ReadCounts();
  readonly #request: Request;
  readonly #plan: FieldPlan;
  #reader: ParsedReader | undefined;
  readonly #parts = new CriParts<Origin>();
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
          else this.log(log, origin);
        }
      }
    }
  }

  /** An OTLP record. */
  log({ body }: LogRecord, origin: Origin): void {
    const contents = contentsOfRecord(body, () => origin.attributes, this.#request.shape);
    this.record(contents, origin, `record ${origin.record}: `);
  }

  /** A record with faults is rejected once, and its good events are visited. The reason begins with `name`. */
  record(contents: Contents, origin: Origin, name = ''): void {
    const { report } = this;
    if (contents.kind === 'none') report.passBy(contents.passedBy, contents.look);
    else if (contents.kind === 'pieces') {
      const text = this.#whole(contents.text, origin);
      if (text === undefined) report.passBy('text', LOOKS.part);
      else this.#pieces(text, origin, name);
    } else if (contents.kind === 'members') this.#members(contents.members, origin, name);
    else {
      const before = report.events;
      const fault = this.#contents(contents, origin, 0);
      if (fault) report.reject(name + fault.why);
      else if (contents.kind === 'documents' && report.events === before)
        report.passBy(contents.passedBy, contents.look);
    }
  }

  /** Whether parts of lines wait for their ends in later records. */
  get holdsParts(): boolean {
    return !this.#parts.isEmpty;
  }

  /** After the last record: reads the parts of lines whose ends have not come. Their records have been counted. */
  finish(): void {
    for (const line of this.#parts.end()) this.#withoutEnd(line);
  }

  #withoutEnd({ text, of }: JoinedLine<Origin>): void {
    this.#text({ kind: 'pieces', text: Buffer.from(text, 'latin1') }, of, 0);
  }

  /** The text with the parts of lines joined, also with those of records before; undefined where their ends are still to come. */
  #whole(text: Buffer, origin: Origin): Buffer | undefined {
    if (this.#parts.isEmpty && !hasParts(text)) return text;
    const source = sourceOf(origin);
    const lines: string[] = [];
    for (const line of text.toString('latin1').split('\n'))
      for (const whole of this.#parts.take(line, origin, source)) {
        if (whole.of === origin) lines.push(whole.text);
        else this.#withoutEnd(whole);
      }
    const isHeld = lines.every((line) => line === '');
    return isHeld ? undefined : Buffer.from(lines.join('\n'), 'latin1');
  }

  #pieces(text: Buffer, origin: Origin, name: string): void {
    const read: ReadPiece = (start, end) => inOneStep(() => this.piece(text.subarray(start, end), origin));
    atOnce(this.pieces(text, [0, text.length], origin, name, read));
  }

  /** A text that is not one document. `read` visits the events of one document in it, and returns its fault if it has one. */
  *pieces(
    text: Uint8Array,
    [start, end]: readonly [number, number],
    origin: Origin,
    name: string,
    read: ReadPiece,
  ): Steps<void> {
    const before = this.report.events;
    const documentsMax = this.#documentsMax;
    const truncated = (event: JsonObject) => this.#truncated(event, origin);
    const found = yield* piecewise(text, [start, end], documentsMax, read, truncated);
    const span = Buffer.from(text.buffer, text.byteOffset + start, end - start);
    this.#settle(found, this.report.events - before, name, span);
  }

  /** One document in such a text. */
  piece(text: Uint8Array, origin: Origin): DocumentFault | undefined {
    return this.#contents(contentsOfPiece(textOf(text), this.#request.shape), origin, 0);
  }

  #members(members: readonly unknown[], origin: Origin, name: string): void {
    const before = this.report.events;
    const found = memberwise(members, (member) =>
      this.#contents(contentsOfDocument(member, this.#request.shape, 'other'), origin, 0),
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

  get #documentsMax(): number {
    return this.#request.shape === 'line' ? Number.POSITIVE_INFINITY : DOCUMENTS_MAX;
  }

  /** Visits the events of a document. In a list the good items are visited, and the first bad one is the fault. */
  #contents(contents: Contents, around: Origin, depth: number): DocumentFault | undefined {
    if (contents.kind === 'malformed') return contents;
    const named = 'cluster' in contents ? contents.cluster : undefined;
    // What stands outside comes from those who deliver the log, and what stands inside may come from those who write it.
    const isNamed = named === undefined || around.envelopeCluster !== undefined;
    const origin = isNamed ? around : new NamedOrigin(around, named);
    if (contents.kind === 'documents') return this.#documents(contents.documents, origin, depth);
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

  /** The documents in an envelope; those that hold no event are no fault. */
  #documents(documents: readonly unknown[], origin: Origin, depth: number): DocumentFault | undefined {
    if (depth === ENVELOPES_MAX) return undefined;
    const { shape } = this.#request;
    let fault: DocumentFault | undefined;
    for (const [i, document] of documents.entries()) {
      if (i === this.#documentsMax) return fault ?? { why: tooMany(i) };
      const found =
        typeof document === 'string'
          ? this.#text(contentsOfText(document, shape), origin, depth + 1)
          : this.#contents(contentsOfDocument(document, shape, 'other'), origin, depth + 1);
      fault ??= found;
    }
    return fault;
  }

  /** A text in an envelope. One that begins as the message of a program is that, whatever it quotes on its further lines. Where it holds no event, only the beginning of one is a fault: other text is that of a program. */
  #text(contents: Contents, origin: Origin, depth: number): DocumentFault | undefined {
    if (contents.kind !== 'pieces') return this.#contents(contents, origin, depth);
    const text = joinedParts(contents.text) ?? contents.text;
    if (beginsAsText(text)) return undefined;
    const before = this.report.events;
    const read: ReadPiece = (start, end) =>
      inOneStep(() =>
        this.#contents(
          contentsOfPiece(textOf(text.subarray(start, end)), this.#request.shape),
          origin,
          depth,
        ),
      );
    const truncated = (event: JsonObject) => this.#truncated(event, origin);
    const { malformed, unparsed, broken } = atOnce(
      piecewise(text, [0, text.length], this.#documentsMax, read, truncated),
    );
    const isFault = this.report.events > before || (broken && resemblesEvent(text));
    const why = malformed ?? (isFault ? unparsed : undefined);
    return why === undefined ? undefined : { why };
  }

  #truncated(event: JsonObject, origin: Origin): DocumentFault | undefined {
    const fault = this.event(event, origin);
    if (fault === undefined) this.report.truncated++;
    return fault;
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
