import { parseTime } from '../../lib/time-format.ts';
import type { EventContext, EventReader, FieldPlan } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import type { Micros } from '../../model/time.ts';
import { holdsDocument } from '../document/document-pieces.ts';
import { LOOKS, lookOfObject, lookOfText } from '../document/record-looks.ts';
import type { DocumentForm } from '../envelopes/envelope.ts';
import { contentsOfBody, type DocumentFault, resemblesEvent } from '../plain/body-contents.ts';
import { decodeRecord } from '../plain/decode-otlp.ts';
import { PlainReading } from '../plain/plain-reading.ts';
import type { Origin } from '../plain/record-origin.ts';
import { bareOrigin, RecordOrigin } from '../plain/record-origin.ts';
import type { ByteEnvelopes } from './byte-envelopes.ts';
import { ByteOrigin } from './byte-origin.ts';
import { ByteReader } from './byte-reader.ts';
import { scalarOf } from './decode-token.ts';
import { JsonSpan } from './json-span.ts';
import { RequestWalk } from './request-walk.ts';
import { TimeStamps } from './time-stamps.ts';
import { FIRST_ROW, KIND, REASONS, type Reason, reasonOf, type TokenKind } from './token-kinds.ts';

const OPEN_OBJECT = 0x7b;

/**
 * The most bytes that are decoded into objects at once, which may take fifty times as much memory: of an unusual request, or
 * of one record. Usual requests and records have no such bound. 2 MiB is more than an object in etcd may have.
 */
export const PLAIN_BYTES_MAX = 2 * 2 ** 20;

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
  readonly #arrived: Micros;

  /** `stamped`: the event's own time; `received`: that of its request. */
  constructor(stamped: () => Micros | undefined, received: () => Micros | undefined, arrived: Micros) {
    this.#stamped = stamped;
    this.#received = received;
    this.#arrived = arrived;
  }

  get received(): Micros | undefined {
    return this.#received();
  }

  get at(): Micros {
    return this.#stamped() ?? this.origin.recordAt ?? this.#arrived;
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
const idleReaders = new WeakMap<FieldPlan, ByteReader[]>();

/** Reads one request from its bytes. PlainReading reads what is unusual; those events are counted by reason. */
export class ByteReading {
  readonly plain: PlainReading;
  readonly #request: Request;
  readonly #u8: Buffer;
  readonly #view: DataView;
  readonly #plan: FieldPlan;
  readonly #visit: (event: EventReader, about: EventContext) => void;
  readonly #reader: ByteReader;
  readonly #envelopes: ByteEnvelopes;
  readonly #context: LentContext;
  readonly #stamps = new TimeStamps();
  /** Bytes of the current slice that are left to read. */
  #sliceLeft = 0;

  constructor(request: Request, plan: FieldPlan, visit: (event: EventReader, about: EventContext) => void) {
    const { bytes } = request;
    this.#request = request;
    this.#u8 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#plan = plan;
    this.#visit = visit;
    this.#context = new LentContext(
      () => this.#stamped(),
      () => this.#stamp(this.#reader.requestReceivedTimestamp),
      request.arrived,
    );
    this.plain = new PlainReading(request, plan, visit);
    this.#reader = idleReaders.get(plan)?.pop() ?? new ByteReader(plan);
    this.#envelopes = this.#reader.envelopes(request.shape);
  }

  /** Gives the reader back. */
  end(): void {
    const readers = idleReaders.get(this.#plan) ?? [];
    readers.push(this.#reader);
    idleReaders.set(this.#plan, readers);
  }

  /**
   * For the records of an OTLP request: a function that reads `slice` bytes of them and returns whether there are more.
   * undefined where only the plain reader can read the request.
   */
  otlp(slice: number): (() => boolean) | undefined {
    const walk = new RequestWalk(this.#u8);
    if (!walk.check()) return undefined;
    const origin = new ByteOrigin(this.#u8, walk, this.#request);
    return () => {
      for (
        this.#sliceLeft = slice;
        this.#sliceLeft > 0;
        this.#sliceLeft -= walk.recordEnd - walk.recordStart
      ) {
        if (!walk.next()) return false;
        this.#record(walk, origin);
      }
      return true;
    };
  }

  /** A line of a log. False, with nothing visited, where it holds no audit event or only the plain reader can read it. */
  line(): boolean {
    const origin = bareOrigin(0, this.#request);
    const end = this.#u8.length;
    const why = this.#json(0, end, origin);
    if (why !== DONE && !(isNotOneObject(why) && holdsDocument(this.#u8, 0, end))) return false;
    this.plain.report.records++;
    if (why !== DONE) this.#pieces(0, end, origin, '');
    return true;
  }

  /** Counts the events of `read` as slow, by reason. */
  countedAsSlow(reason: Reason, read: () => void): void {
    const { report } = this.plain;
    const before = report.events;
    read();
    if (report.events > before) report.countSlow(reason, report.events - before);
  }

  #record(walk: RequestWalk, origin: ByteOrigin): void {
    const { report } = this.plain;
    origin.record = report.records++;
    if (walk.ofOwnScope) {
      report.passBy('own', LOOKS.own);
      return;
    }
    if (walk.tooDeep) {
      report.reject(`record ${origin.record}: nested too deeply`);
      return;
    }
    let why: number = REASONS.unusual_record;
    if (!walk.unusual) {
      const { bodyKind, bodyStart, bodyEnd } = walk;
      if (bodyKind === KIND.utf8 || bodyKind === KIND.bytes) why = this.#json(bodyStart, bodyEnd, origin);
      else if (bodyKind === KIND.kvlist) why = this.#map(bodyStart, bodyEnd, origin);
      else why = REASONS.not_an_object;
    }
    if (why === DONE) return;
    if (why === NO_EVENT) {
      const kind = walk.bodyKind === KIND.kvlist ? 'other' : 'json';
      report.passBy(kind, lookOfObject(kind, this.#reader.hasAuditId));
      return;
    }
    const { bodyStart, bodyEnd } = walk;
    if (hasTextBody(walk) && isNotOneObject(why) && holdsDocument(this.#u8, bodyStart, bodyEnd))
      this.#pieces(bodyStart, bodyEnd, origin, `record ${origin.record}: `);
    else this.#recordPlainly(walk, origin, why);
  }

  /** A text of several documents, or of one with something around it. The reason of a rejection begins with `name`. */
  #pieces(start: number, end: number, origin: Origin, name: string): void {
    const bytesMax = this.#request.shape === 'line' ? Number.POSITIVE_INFINITY : PLAIN_BYTES_MAX;
    this.plain.pieces(this.#u8, start, end, name, (from, to) => {
      const why = this.#json(from, to, origin);
      if (why === DONE || why === NO_EVENT) return undefined;
      const reason = reasonOf(why);
      if (to - from > bytesMax) return { why: tooLarge(to - from, reason) };
      this.#sliceLeft -= PLAIN_RECORD_COST + PLAIN_BYTE_COST * (to - from);
      let fault: DocumentFault | undefined;
      this.countedAsSlow(reason, () => {
        fault = this.plain.piece(this.#u8.subarray(from, to), origin);
      });
      return fault;
    });
  }

  /** A method of its own: a function with a closure in it allocates for the closure even where it is not reached. */
  #recordPlainly(walk: RequestWalk, origin: ByteOrigin, why: number): void {
    if (walk.bodyEnd - walk.bodyStart > PLAIN_BYTES_MAX) {
      this.#tooLarge(walk, origin.record, reasonOf(why));
      return;
    }
    this.#sliceLeft -= PLAIN_RECORD_COST + PLAIN_BYTE_COST * (walk.bodyEnd - walk.bodyStart);
    this.countedAsSlow(reasonOf(why), () => {
      const log = decodeRecord(this.#u8.subarray(walk.recordStart, walk.recordEnd));
      const { record, resourceIndex, clusters } = origin;
      const plainly = new RecordOrigin({ record, resourceIndex, clusters }, () => origin.resource, log);
      this.plain.record(contentsOfBody(log.body, this.#request.shape), plainly, `record ${record}: `);
    });
  }

  #tooLarge({ bodyStart, bodyEnd }: RequestWalk, record: number, why: Reason): void {
    const { report } = this.plain;
    if (why !== 'invalid' && why !== 'not_an_object')
      report.reject(`record ${record}: ${tooLarge(bodyEnd - bodyStart, why)}`);
    else if (resemblesEvent(this.#u8.subarray(bodyStart, bodyEnd)))
      report.reject(`record ${record}: not valid JSON (${bodyEnd - bodyStart} bytes)`);
    else report.passBy('text', lookOfText(this.#u8.subarray(bodyStart, bodyEnd)));
  }

  /** DONE, or NO_EVENT, or the code that says why the plain reader must read it; then nothing was visited. */
  #json(start: number, end: number, origin: Origin): number {
    const u8 = this.#u8;
    let at = start;
    while (at < end && (u8[at] === 0x20 || u8[at] === 0x0a || u8[at] === 0x0d || u8[at] === 0x09)) at++;
    if (at === end || u8[at] !== OPEN_OBJECT) return REASONS.not_an_object;
    const why = this.#reader.json(u8, this.#view, at, end, origin);
    if (why !== 0) return why;
    return this.#unwrap('json', origin);
  }

  #map(start: number, end: number, origin: Origin): number {
    const why = this.#reader.map(this.#u8, start, end, origin);
    if (why !== 0) return why;
    return this.#unwrap('map', origin);
  }

  /** What the reader has just read. */
  #unwrap(form: DocumentForm, origin: Origin): number {
    const envelope = this.#envelopes.find(this.#u8);
    if (!envelope) return NO_EVENT;
    if (envelope.slow[form]) return FIRST_ROW + envelope.row;
    if (envelope.items >= 0) return this.#list(envelope.items, origin);
    if (this.#reader.hasJsonStrings) return REASONS.json_strings;
    this.#event(origin);
    return DONE;
  }

  #list(items: number, origin: Origin): number {
    const { scanner } = this.#reader;
    if (scanner.seen[items] !== scanner.turn || scanner.kind[items] !== KIND.array) return REASONS.bad_item;
    const at = scanner.start[items]!;
    const span = new JsonSpan(this.#u8);
    let count = 0;
    for (let hasItem = span.enter(at); hasItem; hasItem = span.next()) {
      span.value();
      if (span.kind !== KIND.object) return REASONS.bad_item;
      count++;
    }
    if (count === 0) return REASONS.bad_item;
    // Only the plain reader may be able to read an item: all are scanned before the first is visited.
    for (let hasItem = span.enter(at); hasItem; hasItem = span.next()) {
      span.value();
      const why = this.#reader.json(this.#u8, this.#view, span.start, span.end, origin);
      if (why !== 0) return why;
      if (this.#reader.hasJsonStrings) return REASONS.json_strings;
    }
    for (let hasItem = span.enter(at); hasItem; hasItem = span.next()) {
      span.value();
      this.#reader.json(this.#u8, this.#view, span.start, span.end, origin);
      this.#event(origin);
    }
    return DONE;
  }

  #event(origin: Origin): void {
    const context = this.#context;
    context.record = origin.record;
    context.origin = origin;
    context.timed = this.#isTimed();
    this.plain.report.events++;
    this.#visit(this.#reader, context);
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

const DONE = -1;
const NO_EVENT = -2;

const hasTextBody = ({ bodyKind, unusual }: RequestWalk): boolean =>
  !unusual && (bodyKind === KIND.utf8 || bodyKind === KIND.bytes);

/** Whether a code says that the text is not one JSON object. */
const isNotOneObject = (why: number): boolean => why === REASONS.invalid || why === REASONS.not_an_object;

const tooLarge = (size: number, why: Reason): string =>
  `too large (${size} bytes) for the slower reader that it needs (${why})`;
