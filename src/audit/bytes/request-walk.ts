import type { KeyValue } from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import { ProtobufFields, WIRE } from '../../lib/protobuf-fields.ts';
import type { Steps } from '../../lib/steps.ts';
import { jsonOf } from '../document/any-value-json.ts';
import { EventTooLarge, PLAIN_BYTES_MAX, PLAIN_MESSAGES_MAX, SECTIONS_MAX } from '../document/charge.ts';
import { decodeAttribute, decodeRecord } from '../plain/decode-otlp.ts';
import { AnyToken, BEYOND, WellFormed } from './any-token.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

const REQUEST = { resourceLogs: 1 } as const;
const RESOURCE_LOGS = { resource: 1, scopeLogs: 2 } as const;
const SCOPE_LOGS = { scope: 1, logRecords: 2 } as const;
const SCOPE = { name: 1 } as const;
const RESOURCE = { attributes: 1 } as const;
const KEY_VALUE = { key: 1 } as const;
const RECORD = {
  time: 1,
  severity: 2,
  severityText: 3,
  body: 5,
  attributes: 6,
  observed: 11,
  eventName: 12,
} as const;

/** The wire types of LogRecord's fields that we know. Other fields are skipped. */
const RECORD_WIRE = new Map<number, number>([
  [RECORD.time, WIRE.fixed64],
  [RECORD.severity, WIRE.varint],
  [RECORD.severityText, WIRE.bytes],
  [RECORD.body, WIRE.bytes],
  [RECORD.attributes, WIRE.bytes],
  [RECORD.observed, WIRE.fixed64],
  [RECORD.eventName, WIRE.bytes],
]);

/** Shared, as it has no state between calls. */
const WELL_FORMED = new WellFormed();

const RESOURCE_TOO_LARGE = 'its resource is too large to be decoded';

/** The largest attribute that can be the name of a cluster, in bytes. */
const ATTRIBUTE_MAX = 2 ** 14;

/** Stands in a key of each row of attributes. */
const AUDIT_KEY = 'audit';

/** The scope name of our own risk events. */
const OWN_SCOPE = Buffer.from('sidewatch');

/** Fields that are checked in one turn of the event loop: about ten milliseconds of work. */
const CHECKED_AT_ONCE = 2 ** 18;

/** Of a request: `unusual` is for the protobuf library alone; one with too many `sections` is not read. */
export type WalkedAs = 'usual' | 'unusual' | 'sections';

/**
 * Goes through the records of a serialised ExportLogsServiceRequest without decoding it. First the whole request is checked (`checking`);
 * then `next` goes from record to record, and the properties describe the current one. Allocates nothing for a record.
 */
export class RequestWalk {
  readonly #u8: Buffer;
  readonly #resources = new ProtobufFields();
  readonly #scopes = new ProtobufFields();
  readonly #records = new ProtobufFields();
  readonly #record = new ProtobufFields();
  readonly #nested = new ProtobufFields();
  readonly #any = new AnyToken();
  /** By where a record, or its ScopeLogs or ResourceLogs, begins: why it is not read. */
  readonly #beyond = new Map<number, string>();
  /** Where the ScopeLogs of our own scope begin. */
  readonly #own = new Set<number>();
  /** The current record's bytes. */
  recordStart = 0;
  recordEnd = 0;
  /** The index of its ResourceLogs. */
  resource = -1;
  /** The bytes of its Resource; both 0 where it has none. */
  resourceStart = 0;
  resourceEnd = 0;
  /** True for a record of our own scope. */
  ofOwnScope = false;
  /** The body's kind, `absent` where there is none, and its bytes. */
  bodyKind: TokenKind = KIND.absent;
  bodyStart = 0;
  bodyEnd = 0;
  /** True where the record has a field twice, which the protobuf library would merge. */
  unusual = false;
  /** Why the record is not read: it, its scope or its resource has more in it than may be walked or decoded. */
  beyond: string | undefined;
  #keyStart = 0;
  #keyEnd = 0;
  #resourceBeyond: string | undefined;
  #scopeBeyond: string | undefined;
  /** Offsets of the times, which are fixed64; -1 where there is none. */
  timeAt = -1;
  observedAt = -1;

  constructor(u8: Buffer) {
    this.#u8 = u8;
    this.rewind();
  }

  rewind(): void {
    this.#resources.over(this.#u8, 0, this.#u8.length);
    this.resource = -1;
    this.#scopes.over(this.#u8, 0, 0);
    this.#records.over(this.#u8, 0, 0);
  }

  /**
   * Whether the whole request is well-formed and usual. What is beyond a bound is noted and does not count: the other records
   * are read all the same.
   */
  *checking(): Steps<WalkedAs> {
    const u8 = this.#u8;
    const good = WELL_FORMED;
    const [request, logs, scope] = [new ProtobufFields(), new ProtobufFields(), new ProtobufFields()];
    let sections = 0;
    let walked = 0;
    request.over(u8, 0, u8.length);
    while (request.next()) {
      if (++sections > SECTIONS_MAX) return 'sections';
      if (request.field !== REQUEST.resourceLogs) continue;
      if (request.wire !== WIRE.bytes) return 'unusual';
      let resources = 0;
      logs.over(u8, request.start, request.end);
      while (logs.next()) {
        if (++sections > SECTIONS_MAX) return 'sections';
        if (logs.field === RESOURCE_LOGS.resource) {
          if (logs.wire !== WIRE.bytes || resources++ > 0) return 'unusual';
          if (!this.#checkResource(good, logs.start, logs.end, request.start)) return 'unusual';
          walked += good.fields;
        } else if (logs.field === RESOURCE_LOGS.scopeLogs) {
          if (logs.wire !== WIRE.bytes) return 'unusual';
          let scopes = 0;
          scope.over(u8, logs.start, logs.end);
          while (scope.next()) {
            if (scope.field === SCOPE_LOGS.logRecords) {
              if (scope.wire !== WIRE.bytes || !this.#checkRecord(good, scope.start, scope.end))
                return 'unusual';
              walked += good.fields + 1;
              if (walked > CHECKED_AT_ONCE) {
                walked = 0;
                yield;
              }
            } else if (++sections > SECTIONS_MAX) return 'sections';
            else if (scope.field === SCOPE_LOGS.scope) {
              if (scope.wire !== WIRE.bytes || scopes++ > 0) return 'unusual';
              if (!this.#checkScope(good, scope.start, scope.end, logs.start)) return 'unusual';
              walked += good.fields;
            }
          }
          if (scope.broken) return 'unusual';
        }
      }
      if (logs.broken) return 'unusual';
    }
    return request.broken ? 'unusual' : 'usual';
  }

  /** Goes to the next record; false after the last one. */
  next(): boolean {
    for (;;) {
      if (this.#records.next()) {
        if (this.#records.field !== SCOPE_LOGS.logRecords) continue;
        this.#readRecord(this.#records.start, this.#records.end);
        return true;
      }
      if (this.#scopes.next()) {
        if (this.#scopes.field !== RESOURCE_LOGS.scopeLogs) continue;
        this.ofOwnScope = this.#own.has(this.#scopes.start);
        this.#scopeBeyond = this.#beyond.get(this.#scopes.start);
        this.#records.over(this.#u8, this.#scopes.start, this.#scopes.end);
        continue;
      }
      if (!this.#resources.next()) return false;
      if (this.#resources.field !== REQUEST.resourceLogs) continue;
      this.resource++;
      this.#resourceBeyond = this.#beyond.get(this.#resources.start);
      this.#findResource(this.#resources.start, this.#resources.end);
      this.#scopes.over(this.#u8, this.#resources.start, this.#resources.end);
    }
  }

  /**
   * The current record's attributes, which are in order. Nothing else of the record is decoded. Throws EventTooLarge for
   * more than may be.
   */
  attributes(): readonly KeyValue[] {
    const { recordStart: start, recordEnd: end } = this;
    if (this.#isTooLarge(start, end, this.bodyEnd - this.bodyStart))
      throw new EventTooLarge('attributes too large to be decoded');
    // Usually they stand side by side: then they are one run of bytes.
    const runs: Buffer[] = [];
    let from = -1;
    let before = start;
    const fields = this.#record.over(this.#u8, start, end);
    while (fields.next()) {
      if (fields.field === RECORD.attributes) {
        if (from < 0) from = before;
      } else if (from >= 0) {
        runs.push(this.#u8.subarray(from, before));
        from = -1;
      }
      before = fields.end;
    }
    if (from >= 0) runs.push(this.#u8.subarray(from, before));
    return decodeRecord(runs.length === 1 ? runs[0]! : Buffer.concat(runs)).attributes;
  }

  /**
   * The value of the current record's attribute with this very key, the last one where it is there twice; nothing else is
   * decoded. undefined where there is none, and for one that is too large to be a name.
   */
  attribute(key: string): unknown {
    const [u8, fields] = [this.#u8, this.#record.over(this.#u8, this.recordStart, this.recordEnd)];
    let start = 0;
    let end = 0;
    while (fields.next()) {
      if (fields.field !== RECORD.attributes || !this.#isKey(fields.start, fields.end, key)) continue;
      start = fields.start;
      end = fields.end;
    }
    return end === 0 || end - start > ATTRIBUTE_MAX
      ? undefined
      : jsonOf(decodeAttribute(u8.subarray(start, end)).value);
  }

  /** Whether the current record has an attribute whose key says that an audit event may be among them. */
  get hasAuditAttribute(): boolean {
    const fields = this.#record.over(this.#u8, this.recordStart, this.recordEnd);
    while (fields.next())
      if (fields.field === RECORD.attributes && this.#isAuditKey(fields.start, fields.end)) return true;
    return false;
  }

  #isKey(start: number, end: number, key: string): boolean {
    this.#findKey(start, end);
    if (this.#keyEnd - this.#keyStart !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (this.#u8[this.#keyStart + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  #isAuditKey(start: number, end: number): boolean {
    this.#findKey(start, end);
    return this.#u8.subarray(this.#keyStart, this.#keyEnd).includes(AUDIT_KEY);
  }

  /** The key of the KeyValue [start, end); the last one where it has several. */
  #findKey(start: number, end: number): void {
    this.#keyStart = 0;
    this.#keyEnd = 0;
    const pair = this.#nested.over(this.#u8, start, end);
    while (pair.next()) {
      if (pair.field !== KEY_VALUE.key) continue;
      this.#keyStart = pair.start;
      this.#keyEnd = pair.end;
    }
  }

  /** Whether the current record has more in it than may be decoded into objects. */
  get isTooLarge(): boolean {
    return this.#isTooLarge(this.recordStart, this.recordEnd, 0);
  }

  /** `apart`: bytes of the record that are not decoded. */
  #isTooLarge(start: number, end: number, apart: number): boolean {
    const size = end - start - apart;
    if (size > PLAIN_BYTES_MAX) return true;
    // A message takes two bytes.
    if (size <= 2 * PLAIN_MESSAGES_MAX) return false;
    this.#checkRecord(WELL_FORMED, start, end);
    return WELL_FORMED.messages > PLAIN_MESSAGES_MAX;
  }

  /** `at`: where its ResourceLogs begin. */
  #checkResource(good: WellFormed, start: number, end: number, at: number): boolean {
    good.begin();
    const fields = this.#nested.over(this.#u8, start, end);
    while (fields.next()) {
      if (!good.charge()) return this.#note(good, at);
      if (fields.field !== RESOURCE.attributes) continue;
      if (fields.wire !== WIRE.bytes) return false;
      if (!good.pair(this.#u8, fields.start, fields.end)) return this.#note(good, at);
    }
    if (end - start > PLAIN_BYTES_MAX || good.messages > PLAIN_MESSAGES_MAX)
      this.#beyond.set(at, RESOURCE_TOO_LARGE);
    return !fields.broken;
  }

  /** `at`: where its ScopeLogs begin. */
  #checkScope(good: WellFormed, start: number, end: number, at: number): boolean {
    good.begin();
    const fields = this.#nested.over(this.#u8, start, end);
    while (fields.next()) {
      if (!good.charge()) return this.#note(good, at);
      if (fields.field <= 2 && fields.wire !== WIRE.bytes) return false;
      if (fields.field !== SCOPE.name) continue;
      if (this.#isOwnName(fields.start, fields.end)) this.#own.add(at);
      else this.#own.delete(at);
    }
    return !fields.broken;
  }

  #checkRecord(good: WellFormed, start: number, end: number): boolean {
    good.begin();
    const fields = this.#record.over(this.#u8, start, end);
    while (fields.next()) {
      if (!good.charge()) return this.#note(good, start);
      const { field, wire } = fields;
      const wanted = RECORD_WIRE.get(field);
      if (wanted === undefined) continue;
      if (wire !== wanted) return false;
      if (field === RECORD.body && !good.any(this.#u8, fields.start, fields.end))
        return this.#note(good, start);
      if (field === RECORD.attributes && !good.pair(this.#u8, fields.start, fields.end))
        return this.#note(good, start);
    }
    return !fields.broken;
  }

  /** Notes what is beyond a bound. False where it is not that, but broken. */
  #note({ beyond }: WellFormed, at: number): boolean {
    if (beyond !== undefined) this.#beyond.set(at, BEYOND[beyond]);
    return beyond !== undefined;
  }

  #findResource(start: number, end: number): void {
    this.resourceStart = 0;
    this.resourceEnd = 0;
    const fields = this.#nested.over(this.#u8, start, end);
    while (fields.next()) {
      if (fields.field !== RESOURCE_LOGS.resource) continue;
      this.resourceStart = fields.start;
      this.resourceEnd = fields.end;
    }
  }

  #isOwnName(start: number, end: number): boolean {
    return end - start === OWN_SCOPE.length && OWN_SCOPE.compare(this.#u8, start, end) === 0;
  }

  #readRecord(start: number, end: number): void {
    this.recordStart = start;
    this.recordEnd = end;
    this.bodyKind = KIND.absent;
    this.bodyStart = 0;
    this.bodyEnd = 0;
    this.unusual = false;
    this.beyond = this.#resourceBeyond ?? this.#scopeBeyond;
    if (this.#beyond.size > 0) this.beyond ??= this.#beyond.get(start);
    this.timeAt = -1;
    this.observedAt = -1;
    if (this.beyond !== undefined) return;
    let bodies = 0;
    const fields = this.#record.over(this.#u8, start, end);
    while (fields.next()) {
      switch (fields.field) {
        case RECORD.time:
          this.timeAt = fields.start;
          break;
        case RECORD.observed:
          this.observedAt = fields.start;
          break;
        case RECORD.body: {
          const any = this.#any;
          if (bodies++ > 0 || !any.readBody(this.#u8, fields.start, fields.end)) this.unusual = true;
          this.bodyKind = any.kind;
          this.bodyStart = any.start;
          this.bodyEnd = any.end;
          break;
        }
      }
    }
  }
}
