import { oncePer } from '../../lib/once-per.ts';
import { atOnce, type Steps } from '../../lib/steps.ts';
import { parseTime } from '../../lib/time-format.ts';
import type { EventContext, FieldPlan, Visit } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import type { Micros } from '../../model/time.ts';
import {
  ENTRIES_MAX,
  isCostlyJson,
  PIECES_BYTES_MAX,
  PLAIN_BYTES_MAX,
  tooLargeWhy,
} from '../document/charge.ts';
import { LOOKS, lookOfObject, lookOfText } from '../document/record-looks.ts';
import type { DocumentForm } from '../envelopes/envelope.ts';
import { DOCUMENTS } from '../envelopes/table.ts';
import { type DocumentFault, resemblesEvent } from '../plain/body-contents.ts';
import { compiledFields } from '../plain/compiled-fields.ts';
import { decodeRecord } from '../plain/decode-otlp.ts';
import type { ReadPiece } from '../plain/piecewise.ts';
import { PlainReading } from '../plain/plain-reading.ts';
import type { Origin } from '../plain/record-origin.ts';
import { bareOrigin, RecordOrigin } from '../plain/record-origin.ts';
import { hasParts } from '../texts/cri-parts.ts';
import { holdingDocument } from '../texts/document-pieces.ts';
import type { ByteEnvelope, ByteEnvelopes } from './byte-envelopes.ts';
import { ByteOrigin } from './byte-origin.ts';
import { ByteReader } from './byte-reader.ts';
import { scalarOf } from './decode-token.ts';
import { JsonSpan } from './json-span.ts';
import { literalsIn } from './literals.ts';
import { RequestWalk, type WalkedAs } from './request-walk.ts';
import { PAUSED } from './scan.ts';
import { TimeStamps } from './time-stamps.ts';
import { FIRST_ROW, KIND, REASONS, type Reason, reasonOf, type TokenKind } from './token-kinds.ts';

const OPEN_OBJECT = 0x7b;

/** Bytes of records that are read in one turn of the event loop: a few milliseconds of work. */
const SLICE_BYTES = 1.5 * 2 ** 20;

/** What a record, an event, and a hit that is made of it cost of a slice beside the record's bytes, in bytes. */
const RECORD_COST = 64;
const EVENT_COST = 256;
const HIT_COST = 4096;
/** A piece of a text that holds several documents, or 128 pieces of other text. */
const PIECE_COST = 1024;

/** What a record that is read plainly costs of a slice, in bytes: so much, and so much for each byte, as it takes longer. */
const PLAIN_RECORD_COST = 8192;
const PLAIN_BYTE_COST = 20;

/** The context of each event in turn. Times are worked out when they are asked for: to store a number is to allocate it. */
class LentContext implements EventContext {
  record = 0;
  timed = false;
  origin: Origin = bareOrigin(0, {});
  readonly #stamped: () => Micros | undefined;
  readonly #received: () => Micros | undefined;
  readonly #request: Pick<Request, 'arrived'>;

  /** `stamped`: the event's own time; `received`: that of its request. */
  constructor(
    stamped: () => Micros | undefined,
    received: () => Micros | undefined,
    request: Pick<Request, 'arrived'>,
  ) {
    this.#stamped = stamped;
    this.#received = received;
    this.#request = request;
  }

  get received(): Micros | undefined {
    return this.#received();
  }

  get at(): Micros {
    return this.#stamped() ?? this.origin.recordAt ?? this.#request.arrived;
  }

  get fallback(): boolean {
    return this.#stamped() === undefined && !this.origin.isRecordTimed;
  }

  get resource(): number {
    return this.origin.resourceIndex;
  }

  get recordAt(): Micros | undefined {
    return this.origin.recordAt;
  }
}

/** Readers that no request is using, by plan. A request that takes several turns keeps its reader until it is done. */
const idleReaders = oncePer((_: FieldPlan): ByteReader[] => []);

/** Makes the first reader of a plan in steps, so that the first request need not: the literals of a field may be 100,000. */
export function* makingReader(plan: FieldPlan): Steps<void> {
  for (const { literals } of plan.needs) yield* literalsIn.making(literals);
  compiledFields(plan);
  yield;
  idleReaders(plan).push(new ByteReader(plan));
  yield;
}

/** Reads one request from its bytes. PlainReading reads what is unusual; those events are counted by reason. */
export class ByteReading {
  readonly plain: PlainReading;
  readonly #request: Request;
  #u8: Buffer;
  #view: DataView;
  readonly #plan: FieldPlan;
  readonly #visit: Visit;
  readonly #reader: ByteReader;
  readonly #envelopes: ByteEnvelopes;
  readonly #context: LentContext;
  readonly #stamps = new TimeStamps();
  /** Bytes of the current slice that are left to read. */
  #sliceLeft = SLICE_BYTES;
  /** Where the items of the list begin that was found last. */
  #listAt = 0;
  /** The row of the envelope around the document that is being read; -1 without one. */
  #row = -1;
  /** What is wrong with an event of the current document: a rule asks for more of it than may be looked at. */
  #fault: DocumentFault | undefined;

  constructor(request: Request, plan: FieldPlan, visit: Visit) {
    const { bytes } = request;
    this.#request = request;
    this.#u8 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#plan = plan;
    this.#visit = visit;
    this.#context = new LentContext(
      () => this.#stamped(),
      () => this.#stamp(this.#reader.requestReceivedTimestamp),
      request,
    );
    this.plain = new PlainReading(request, plan, visit);
    this.#reader = idleReaders(plan).pop() ?? new ByteReader(plan);
    this.#envelopes = this.#reader.envelopes(request.shape);
  }

  /** Gives the reader back. */
  end(): void {
    this.#reader.release();
    idleReaders(this.#plan).push(this.#reader);
  }

  /** Reads the records of an OTLP request, in steps of a slice. Nothing is visited where it is not `usual`. */
  *otlp(): Steps<WalkedAs> {
    const walk = new RequestWalk(this.#u8);
    const checked = yield* walk.checking();
    if (checked !== 'usual') return checked;
    const origin = new ByteOrigin(this.#u8, walk, this.#request);
    while (walk.next()) {
      const size = walk.recordEnd - walk.recordStart;
      // A large record gets a turn of its own.
      if (this.#sliceLeft <= 0 || (size > SLICE_BYTES && this.#sliceLeft < SLICE_BYTES)) yield* this.#pause();
      const rest = this.#record(walk, origin);
      if (rest !== undefined) yield* rest;
      this.#sliceLeft -= RECORD_COST + size;
    }
    return checked;
  }

  *#pause(): Steps<void> {
    yield;
    this.#sliceLeft = SLICE_BYTES;
  }

  /** A line of a log. False, with nothing visited, where it holds no audit event or only the plain reader can read it. */
  line(): boolean {
    const origin = bareOrigin(0, this.#request);
    const end = this.#u8.length;
    const why = atOnce(this.#scanned(this.#json(0, end, origin), origin));
    if (isNotOneObject(why) && hasParts(this.#u8)) return false;
    if (why !== DONE && !(isNotOneObject(why) && atOnce(holdingDocument(this.#u8, 0, end)))) return false;
    this.plain.report.records++;
    if (why === DONE) this.#settle('');
    else atOnce(this.#pieces(0, end, origin, ''));
    return true;
  }

  /**
   * A line that stands in any buffer, if it holds one document that is read from its bytes; with the fault of an event in it.
   * False, with nothing visited, for any other line.
   */
  document(line: Uint8Array, origin: Origin): boolean | DocumentFault {
    const { buffer, byteOffset: start } = line;
    if (buffer !== this.#u8.buffer || this.#u8.length < buffer.byteLength) {
      this.#u8 = Buffer.from(buffer);
      this.#view = new DataView(buffer);
    }
    const begun = this.#json(start, start + line.length, origin);
    if (begun !== DONE && atOnce(this.#scanned(begun, origin)) !== DONE) return false;
    this.plain.report.records++;
    const fault = this.#fault;
    this.#settle('');
    return fault ?? true;
  }

  /** Counts the events of `read` as slow, by reason. */
  countedAsSlow(reason: Reason, read: () => void): void {
    const { report } = this.plain;
    const before = report.events;
    read();
    if (report.events > before) report.countSlow(reason, report.events - before);
  }

  /** Reads a record; returns what is left to do of one that may take long. */
  #record(walk: RequestWalk, origin: ByteOrigin): Steps<void> | undefined {
    const { report } = this.plain;
    origin.record = report.records++;
    if (walk.ofOwnScope) {
      report.passBy('own', LOOKS.own);
      return undefined;
    }
    if (walk.beyond !== undefined) {
      report.reject(`record ${origin.record}: ${walk.beyond}`);
      return undefined;
    }
    let why: number = REASONS.unusual_record;
    if (!walk.unusual) {
      const { bodyKind, bodyStart, bodyEnd } = walk;
      if (bodyKind === KIND.absent) {
        if (walk.hasAuditAttribute) this.#recordPlainly(walk, origin, REASONS.attributes);
        else report.passBy('empty', LOOKS.empty);
        return undefined;
      }
      if (bodyKind === KIND.utf8 || bodyKind === KIND.bytes) why = this.#json(bodyStart, bodyEnd, origin);
      else if (bodyKind === KIND.kvlist) why = this.#map(bodyStart, bodyEnd, origin);
      else why = REASONS.not_an_object;
    }
    if (why === LIST || why === PAUSED) return this.#longRecord(walk, origin, why);
    if (hasTextBody(walk) && isNotOneObject(why)) return this.#textRecord(walk, origin, why);
    this.#done(walk, origin, why);
    return undefined;
  }

  /** `why`: what reading the body's tokens has come to. */
  #done(walk: RequestWalk, origin: ByteOrigin, why: number): void {
    const { report } = this.plain;
    if (why === DONE) {
      if (this.#fault !== undefined) this.#settle(`record ${origin.record}: `);
    } else if (why === NO_EVENT) {
      const kind = walk.bodyKind === KIND.kvlist ? 'other' : 'json';
      report.passBy(kind, lookOfObject(kind, this.#reader.hasAuditId));
    } else if (why === REASONS.too_many) report.reject(`record ${origin.record}: ${TOO_MANY}`);
    else this.#recordPlainly(walk, origin, why);
  }

  /** Rejects what had an event that is too large. */
  #settle(name: string): void {
    if (this.#fault !== undefined) this.plain.report.reject(name + this.#fault.why);
    this.#fault = undefined;
  }

  /** One that has a list, or more values than are read at once. */
  *#longRecord(walk: RequestWalk, origin: ByteOrigin, begun: number): Steps<void> {
    const why = yield* this.#scanned(begun, origin);
    if (hasTextBody(walk) && isNotOneObject(why)) yield* this.#textRecord(walk, origin, why);
    else this.#done(walk, origin, why);
  }

  /** Reads to the end what `#json` has begun: DONE, or NO_EVENT, or a REASONS code. */
  *#scanned(begun: number, origin: Origin): Steps<number> {
    let why = begun;
    if (why === PAUSED) {
      why = yield* this.#whole(why);
      if (why === 0) why = this.#unwrap('json', origin);
    }
    if (why === LIST) why = yield* this.#list(origin);
    return this.#row >= 0 && why !== DONE ? FIRST_ROW + this.#row : why;
  }

  /** The result of a scan that may be paused. */
  *#whole(begun: number): Steps<number> {
    let why = begun;
    while (why === PAUSED) {
      yield* this.#pause();
      why = this.#reader.further();
    }
    return why;
  }

  *#textRecord(walk: RequestWalk, origin: ByteOrigin, why: number): Steps<void> {
    const { bodyStart, bodyEnd } = walk;
    const isShort = bodyEnd - bodyStart <= PIECES_BYTES_MAX;
    if (this.plain.holdsParts || hasParts(this.#u8.subarray(bodyStart, bodyEnd)))
      this.#recordPlainly(walk, origin, why);
    else if (isShort && (yield* holdingDocument(this.#u8, bodyStart, bodyEnd)))
      yield* this.#pieces(bodyStart, bodyEnd, origin, `record ${origin.record}: `);
    else this.#recordPlainly(walk, origin, why);
  }

  /** A text of several documents, or of one with something around it. The reason of a rejection begins with `name`. */
  *#pieces(start: number, end: number, origin: Origin, name: string): Steps<void> {
    const read: ReadPiece = (from, to) => this.#piece(from, to, origin);
    const steps = this.plain.pieces(this.#u8, [start, end], origin, name, read);
    for (let step = steps.next(); !step.done; step = steps.next()) {
      this.#sliceLeft -= PIECE_COST;
      if (this.#sliceLeft <= 0) yield* this.#pause();
    }
  }

  *#piece(from: number, to: number, origin: Origin): Steps<DocumentFault | undefined> {
    const isLine = this.#request.shape === 'line';
    const why = yield* this.#scanned(this.#json(from, to, origin), origin);
    this.#sliceLeft -= to - from;
    if (why === DONE) {
      const fault = this.#fault;
      this.#fault = undefined;
      return fault;
    }
    if (why === NO_EVENT) return undefined;
    if (!isLine && why === REASONS.too_many) return { why: TOO_MANY };
    const reason = reasonOf(why);
    if (!isLine && this.#isTooLarge(from, to, reason)) return { why: tooLarge(to - from, reason) };
    this.#sliceLeft -= PLAIN_RECORD_COST + PLAIN_BYTE_COST * (to - from);
    let fault: DocumentFault | undefined;
    this.countedAsSlow(reason, () => {
      fault = this.plain.piece(this.#u8.subarray(from, to), origin);
    });
    return fault;
  }

  /** Whether a JSON text has more in it than may be decoded into objects. */
  #isTooLarge(start: number, end: number, why: Reason): boolean {
    // Their strings may be JSON text, which is decoded too.
    const inStrings = why === 'json_strings' || IN_STRINGS.has(why);
    return end - start > PLAIN_BYTES_MAX || isCostlyJson(this.#u8, start, end, inStrings);
  }

  /** A method of its own: a function with a closure in it allocates for the closure even where it is not reached. */
  #recordPlainly(walk: RequestWalk, origin: ByteOrigin, why: number): void {
    const isTooLarge =
      walk.isTooLarge || (hasTextBody(walk) && this.#isTooLarge(walk.bodyStart, walk.bodyEnd, reasonOf(why)));
    if (isTooLarge) {
      this.#tooLarge(walk, origin.record, reasonOf(why));
      return;
    }
    this.#sliceLeft -= PLAIN_RECORD_COST + PLAIN_BYTE_COST * (walk.recordEnd - walk.recordStart);
    this.countedAsSlow(reasonOf(why), () => {
      const log = decodeRecord(this.#u8.subarray(walk.recordStart, walk.recordEnd));
      // The parts of a line may be read when the walk is at another resource.
      const { record, resourceIndex, clusters, resource } = origin;
      const plainly = new RecordOrigin({ record, resourceIndex, clusters }, () => resource, log);
      this.plain.log(log, plainly);
    });
  }

  #tooLarge(walk: RequestWalk, record: number, why: Reason): void {
    const { report } = this.plain;
    const { bodyStart, bodyEnd } = walk;
    if (why !== 'invalid' && why !== 'not_an_object')
      report.reject(`record ${record}: ${tooLarge(walk.recordEnd - walk.recordStart, why)}`);
    else if (resemblesEvent(this.#u8.subarray(bodyStart, bodyEnd)))
      report.reject(`record ${record}: not valid JSON (${bodyEnd - bodyStart} bytes)`);
    else report.passBy('text', lookOfText(this.#u8.subarray(bodyStart, bodyEnd)));
  }

  /** DONE, NO_EVENT, LIST or PAUSED, or the code that says why the plain reader must read it; then nothing was visited. */
  #json(start: number, end: number, origin: Origin): number {
    this.#row = -1;
    return this.#jsonAt(start, end, origin);
  }

  #map(start: number, end: number, origin: Origin): number {
    this.#row = -1;
    return this.#mapAt(start, end, origin);
  }

  #jsonAt(start: number, end: number, origin: Origin): number {
    const u8 = this.#u8;
    let at = start;
    while (at < end && (u8[at] === 0x20 || u8[at] === 0x0a || u8[at] === 0x0d || u8[at] === 0x09)) at++;
    if (at === end || u8[at] !== OPEN_OBJECT) return REASONS.not_an_object;
    const why = this.#reader.json(u8, this.#view, at, end, origin);
    if (why !== 0) return why;
    return this.#unwrap('json', origin);
  }

  #mapAt(start: number, end: number, origin: Origin): number {
    const why = this.#reader.map(this.#u8, this.#view, start, end, origin);
    if (why !== 0) return why;
    return this.#unwrap('map', origin);
  }

  /** What the reader has just read. */
  #unwrap(form: DocumentForm, origin: Origin): number {
    const envelope = this.#envelopes.find(this.#u8);
    if (!envelope) return NO_EVENT;
    if (envelope.slow[form]) return FIRST_ROW + envelope.row;
    if (envelope.items >= 0) return this.#findList(envelope.items);
    if (envelope.inner >= 0) return this.#inner(envelope, origin);
    if (this.#reader.hasJsonStrings) return REASONS.json_strings;
    this.#event(origin);
    return DONE;
  }

  /** The document in an envelope, where it is an object, or the text of one without escapes. */
  #inner({ inner, row }: ByteEnvelope, origin: Origin): number {
    const { kind, start, end } = this.#reader.scanner;
    const [is, from, to] = [kind[inner]!, start[inner]!, end[inner]!];
    const plainly = FIRST_ROW + row;
    if (this.#row >= 0) return FIRST_ROW + this.#row;
    this.#row = row;
    const isMap = is === KIND.kvlist;
    const isJson = is === KIND.object || is === KIND.ascii || is === KIND.utf8;
    if (!isMap && !isJson) return plainly;
    const why = isMap ? this.#mapAt(from, to, origin) : this.#jsonAt(from, to, origin);
    return why === DONE || why === LIST || why === PAUSED ? why : plainly;
  }

  #findList(items: number): number {
    const { scanner } = this.#reader;
    if (scanner.seen[items] !== scanner.turn || scanner.kind[items] !== KIND.array) return REASONS.bad_item;
    this.#listAt = scanner.start[items]!;
    return LIST;
  }

  /** Visits the items of the list that was found last. Only the plain reader may be able to read an item: all are scanned before the first is visited. */
  *#list(origin: Origin): Steps<number> {
    const at = this.#listAt;
    const span = new JsonSpan(this.#u8);
    let count = 0;
    for (let hasItem = span.enter(at); hasItem; hasItem = span.next()) {
      span.value();
      if (span.kind !== KIND.object) return REASONS.bad_item;
      const begun = this.#reader.json(this.#u8, this.#view, span.start, span.end, origin);
      const why = begun === PAUSED ? yield* this.#whole(begun) : begun;
      if (why !== 0) return why;
      if (this.#reader.hasJsonStrings) return REASONS.json_strings;
      count++;
      this.#sliceLeft -= EVENT_COST + span.end - span.start;
      if (this.#sliceLeft <= 0) yield* this.#pause();
    }
    if (count === 0) return REASONS.bad_item;
    for (let hasItem = span.enter(at); hasItem; hasItem = span.next()) {
      span.value();
      const begun = this.#reader.json(this.#u8, this.#view, span.start, span.end, origin);
      if (begun === PAUSED) yield* this.#whole(begun);
      this.#event(origin);
      this.#sliceLeft -= span.end - span.start;
      if (this.#sliceLeft <= 0) yield* this.#pause();
    }
    return DONE;
  }

  #event(origin: Origin): void {
    const context = this.#context;
    context.record = origin.record;
    context.origin = origin;
    context.timed = this.#isTimed();
    this.#sliceLeft -= EVENT_COST;
    try {
      const hits = this.#visit(this.#reader, context);
      if (typeof hits === 'number') this.#sliceLeft -= HIT_COST * hits;
      this.plain.report.events++;
    } catch (thrown) {
      // Also where there is a fault already: anything else is thrown on.
      const why = tooLargeWhy(thrown);
      this.#fault ??= { why };
    }
  }

  /** See event-context.ts. */
  #isTimed(): boolean {
    const { stageTimestamp, requestReceivedTimestamp, timestamp } = this.#reader;
    if (this.#isStamp(stageTimestamp)) return true;
    return !this.#isStamp(requestReceivedTimestamp) && this.#isStamp(timestamp);
  }

  #stamped(): Micros | undefined {
    const { stageTimestamp, requestReceivedTimestamp, timestamp } = this.#reader;
    return this.#stamp(stageTimestamp) ?? this.#stamp(requestReceivedTimestamp) ?? this.#stamp(timestamp);
  }

  #isStamp(node: number): boolean {
    const { scanner } = this.#reader;
    if (scanner.seen[node] !== scanner.turn) return false;
    if (scanner.kind[node] !== KIND.ascii) return this.#stamp(node) !== undefined;
    return this.#stamps.isTime(this.#u8, this.#view, scanner.start[node]!, scanner.end[node]!);
  }

  #stamp(node: number): Micros | undefined {
    const { scanner } = this.#reader;
    if (scanner.seen[node] !== scanner.turn) return undefined;
    const kind = scanner.kind[node] as TokenKind;
    const start = scanner.start[node]!;
    const end = scanner.end[node]!;
    if (kind === KIND.ascii) return this.#stamps.read(this.#u8, this.#view, start, end);
    return kind === KIND.escaped ? parseTime(String(scalarOf(this.#u8, kind, start, end))) : undefined;
  }
}

const TOO_MANY = `more than ${ENTRIES_MAX} JSON values`;

const DONE = -1;
const NO_EVENT = -2;
/** The items of a list are left to visit. */
const LIST = -3;

/** Rows with events in strings of their documents. */
const IN_STRINGS: ReadonlySet<string> = new Set(
  DOCUMENTS.filter(({ events }) => typeof events === 'object' && !('itemsOf' in events)).map(
    ({ name }) => name,
  ),
);

const hasTextBody = ({ bodyKind, unusual }: RequestWalk): boolean =>
  !unusual && (bodyKind === KIND.utf8 || bodyKind === KIND.bytes);

/** Whether a code says that the text is not one JSON object. */
const isNotOneObject = (why: number): boolean => why === REASONS.invalid || why === REASONS.not_an_object;

const tooLarge = (size: number, why: Reason): string =>
  `too large (${size} bytes) for the slower reader that it needs (${why})`;
