import { parseTime } from '../../lib/time-format.ts';
import type { EventContext, EventReader, FieldPlan } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import type { Micros } from '../../model/time.ts';
import { holdsDocument } from '../document/document-pieces.ts';
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
import { Stamps } from './time-stamps.ts';
import { FIRST_ROW, KIND, REASONS, type Reason, reasonOf, type TokenKind } from './token-kinds.ts';

const OPEN_OBJECT = 0x7b;

/**
 * Bytes that are decoded into objects at most, which may take fifty times as much memory: of an unusual request, or of one
 * record. What is usual has no such bound. 2 MiB is more than an object in etcd may have.
 */
export const PLAIN_MOST = 2 * 2 ** 20;

/** What a record that is read plainly counts for in a slice, in bytes: as it takes so many times as long. */
const PLAIN_COST = 8192;
const PLAIN_FACTOR = 20;

/** An envelope that is filled anew for each event. Times are worked out when asked for: a number returned is a number made. */
class Around implements EventContext {
  record = 0;
  timed = false;
  origin: Origin = bareOrigin(0, undefined);
  readonly #at: (origin: Origin) => Micros;

  constructor(at: (origin: Origin) => Micros) {
    this.#at = at;
  }

  get at(): Micros {
    return this.#at(this.origin);
  }

  get resource(): number {
    return this.origin.resourceIndex;
  }

  get recordAt(): Micros | undefined {
    return this.origin.recordAt;
  }
}

/** Readers that no request uses now, by plan. A request that takes turns keeps its own. */
const idle = new WeakMap<FieldPlan, ByteReader[]>();

/** One request's turn, read from its bytes. Whatever is unusual is read by `Reading`, the plain way, and counted by reason. */
export class ByteReading {
  readonly plain: PlainReading;
  readonly #request: Request;
  readonly #u8: Buffer;
  readonly #view: DataView;
  readonly #plan: FieldPlan;
  readonly #visit: (event: EventReader, about: EventContext) => void;
  readonly #reader: ByteReader;
  readonly #envelopes: ByteEnvelopes;
  readonly #around = new Around((origin) => this.#at(origin));
  readonly #stamps = new Stamps();
  /** What is left of the slice. */
  #left = 0;

  constructor(request: Request, plan: FieldPlan, visit: (event: EventReader, about: EventContext) => void) {
    const { bytes } = request;
    this.#request = request;
    this.#u8 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#plan = plan;
    this.#visit = visit;
    this.plain = new PlainReading(request, plan, visit);
    this.#reader = idle.get(plan)?.pop() ?? new ByteReader(plan);
    this.#envelopes = this.#reader.envelopes(request.shape);
  }

  /** Gives the reader back. */
  end(): void {
    const readers = idle.get(this.#plan) ?? [];
    readers.push(this.#reader);
    idle.set(this.#plan, readers);
  }

  /** The records of an OTLP request, `slice` bytes of them at a time; undefined where only the plain way can tell. */
  otlp(slice: number): (() => boolean) | undefined {
    const walk = new RequestWalk(this.#u8);
    if (!walk.check()) return undefined;
    const origin = new ByteOrigin(this.#u8, walk, this.#request.cluster);
    return () => {
      for (this.#left = slice; this.#left > 0; this.#left -= walk.end - walk.start) {
        if (!walk.next()) return false;
        this.#record(walk, origin);
      }
      return true;
    };
  }

  /** A line of a log: false where it is no audit event, or only the plain way can tell. */
  line(): boolean {
    const origin = bareOrigin(0, this.#request.cluster);
    const end = this.#u8.length;
    const why = this.#text(0, end, origin);
    if (why !== DONE && !(isNoDocument(why) && holdsDocument(this.#u8, 0, end))) return false;
    this.plain.report.records++;
    if (why !== DONE) this.#pieces(0, end, origin, '');
    return true;
  }

  /** The plain way for the whole request, counted. */
  slowly(reason: Reason, read: () => void): void {
    const { report } = this.plain;
    const before = report.events;
    read();
    if (report.events > before) report.slow(reason, report.events - before);
  }

  #record(walk: RequestWalk, origin: ByteOrigin): void {
    const { report } = this.plain;
    origin.record = report.records++;
    if (walk.own) {
      report.passBy('own');
      return;
    }
    if (walk.tooDeep) {
      report.reject(`record ${origin.record}: nested too deeply`);
      return;
    }
    let why: number = REASONS.unusual_record;
    if (!walk.unusual) {
      const { body, bodyStart, bodyEnd } = walk;
      if (body === KIND.utf8 || body === KIND.bytes) why = this.#text(bodyStart, bodyEnd, origin);
      else if (body === KIND.kvlist) why = this.#map(bodyStart, bodyEnd, origin);
      else why = REASONS.not_an_object;
    }
    if (why === DONE) return;
    if (why === NO_EVENT) {
      report.passBy(walk.body === KIND.kvlist ? 'other' : 'json');
      return;
    }
    const { bodyStart, bodyEnd } = walk;
    if (isText(walk) && isNoDocument(why) && holdsDocument(this.#u8, bodyStart, bodyEnd))
      this.#pieces(bodyStart, bodyEnd, origin, `record ${origin.record}: `);
    else this.#plainly(walk, origin, why);
  }

  /** A text of several documents, or with something around its document. */
  #pieces(start: number, end: number, origin: Origin, name: string): void {
    const most = this.#request.shape === 'line' ? Number.POSITIVE_INFINITY : PLAIN_MOST;
    this.plain.pieces(this.#u8, start, end, name, (from, to) => {
      const why = this.#text(from, to, origin);
      if (why === DONE || why === NO_EVENT) return undefined;
      const reason = reasonOf(why);
      if (to - from > most) return { why: tooLarge(to - from, reason) };
      this.#left -= PLAIN_COST + PLAIN_FACTOR * (to - from);
      let fault: DocumentFault | undefined;
      this.slowly(reason, () => {
        fault = this.plain.piece(this.#u8.subarray(from, to), origin);
      });
      return fault;
    });
  }

  /** Apart, since a function with a closure in it allocates for it even where it is not reached. */
  #plainly(walk: RequestWalk, origin: ByteOrigin, why: number): void {
    if (walk.bodyEnd - walk.bodyStart > PLAIN_MOST) {
      this.#tooLarge(walk, origin.record, reasonOf(why));
      return;
    }
    this.#left -= PLAIN_COST + PLAIN_FACTOR * (walk.bodyEnd - walk.bodyStart);
    this.slowly(reasonOf(why), () => {
      const log = decodeRecord(this.#u8.subarray(walk.start, walk.end));
      const { record, resourceIndex, cluster } = origin;
      const plainly = new RecordOrigin({ record, resourceIndex, cluster }, () => origin.resource, log);
      this.plain.record(contentsOfBody(log.body, this.#request.shape), plainly, `record ${record}: `);
    });
  }

  #tooLarge({ bodyStart, bodyEnd }: RequestWalk, record: number, why: Reason): void {
    const { report } = this.plain;
    if (why !== 'invalid' && why !== 'not_an_object')
      report.reject(`record ${record}: ${tooLarge(bodyEnd - bodyStart, why)}`);
    else if (resemblesEvent(this.#u8.subarray(bodyStart, bodyEnd)))
      report.reject(`record ${record}: not valid JSON (${bodyEnd - bodyStart} bytes)`);
    else report.passBy('text');
  }

  /** DONE, NO_EVENT, or why it must be read the plain way; then nothing was visited. */
  #text(start: number, end: number, origin: Origin): number {
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
    this.#event(origin);
    return DONE;
  }

  #list(items: number, origin: Origin): number {
    const { scanner } = this.#reader;
    if (scanner.seen[items] !== scanner.turn || scanner.kind[items] !== KIND.array) return REASONS.bad_item;
    const at = scanner.start[items]!;
    const span = new JsonSpan(this.#u8);
    let count = 0;
    for (let full = span.enter(at); full; full = span.more()) {
      span.value();
      if (span.kind !== KIND.object) return REASONS.bad_item;
      count++;
    }
    if (count === 0) return REASONS.bad_item;
    // An item may be one that only the plain way can read: all are looked at before the first is visited.
    for (let full = span.enter(at); full; full = span.more()) {
      span.value();
      const why = this.#reader.json(this.#u8, this.#view, span.start, span.end, origin);
      if (why !== 0) return why;
    }
    for (let full = span.enter(at); full; full = span.more()) {
      span.value();
      this.#reader.json(this.#u8, this.#view, span.start, span.end, origin);
      this.#event(origin);
    }
    return DONE;
  }

  #event(origin: Origin): void {
    const around = this.#around;
    around.record = origin.record;
    around.origin = origin;
    around.timed = this.#isStamp(this.#reader.stageTimestamp);
    this.plain.report.events++;
    this.#visit(this.#reader, around);
  }

  /** See event-context.ts. */
  #at(origin: Origin): Micros {
    const { stageTimestamp, requestReceivedTimestamp } = this.#reader;
    return (
      this.#stamp(stageTimestamp) ??
      this.#stamp(requestReceivedTimestamp) ??
      origin.recordAt ??
      this.#request.arrived
    );
  }

  #isStamp(node: number): boolean {
    const { scanner } = this.#reader;
    if (scanner.seen[node] !== scanner.turn) return false;
    if (scanner.kind[node] !== KIND.ascii) return this.#stamp(node) !== undefined;
    return this.#stamps.isOne(this.#u8, this.#view, scanner.start[node]!, scanner.end[node]!);
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

const isText = ({ body, unusual }: RequestWalk): boolean =>
  !unusual && (body === KIND.utf8 || body === KIND.bytes);

/** Whether it is for this reason that a text is not one JSON object. */
const isNoDocument = (why: number): boolean => why === REASONS.invalid || why === REASONS.not_an_object;

const tooLarge = (size: number, why: Reason): string =>
  `too large (${size} bytes) to be read plainly: ${why}`;
