import { AnyToken, WellFormed } from './any-token.ts';
import { ProtobufFields, WIRE } from './protobuf-fields.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

const REQUEST = { resourceLogs: 1 } as const;
const RESOURCE_LOGS = { resource: 1, scopeLogs: 2 } as const;
const SCOPE_LOGS = { scope: 1, logRecords: 2 } as const;
const SCOPE = { name: 1 } as const;
const RESOURCE = { attributes: 1 } as const;
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

/** The scope name of our own risk events. */
const OWN_SCOPE = Buffer.from('sidewatch');

/**
 * Goes through the records of a serialised ExportLogsServiceRequest without decoding it. First `check` the whole request;
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
  /** Where the records begin that are nested too deeply. */
  readonly #tooDeepRecords = new Set<number>();
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
  /** True for a record with more nested messages than are read. */
  tooDeep = false;
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
   * Whether the whole request is well-formed and usual; records that are nested too deeply are noted and do not count.
   * False: the protobuf library must read the request.
   */
  check(): boolean {
    const u8 = this.#u8;
    const good = WELL_FORMED;
    const [request, logs, scope] = [new ProtobufFields(), new ProtobufFields(), new ProtobufFields()];
    request.over(u8, 0, u8.length);
    while (request.next()) {
      if (request.field !== REQUEST.resourceLogs) continue;
      if (request.wire !== WIRE.bytes) return false;
      let resources = 0;
      logs.over(u8, request.start, request.end);
      while (logs.next()) {
        if (logs.field === RESOURCE_LOGS.resource) {
          if (logs.wire !== WIRE.bytes || resources++ > 0) return false;
          if (!this.#checkResource(good, logs.start, logs.end)) return false;
        } else if (logs.field === RESOURCE_LOGS.scopeLogs) {
          if (logs.wire !== WIRE.bytes) return false;
          let scopes = 0;
          scope.over(u8, logs.start, logs.end);
          while (scope.next()) {
            if (scope.field === SCOPE_LOGS.scope) {
              if (scope.wire !== WIRE.bytes || scopes++ > 0 || !this.#checkScope(scope.start, scope.end))
                return false;
            } else if (scope.field === SCOPE_LOGS.logRecords) {
              if (scope.wire !== WIRE.bytes || !this.#checkRecord(good, scope.start, scope.end)) return false;
            }
          }
          if (scope.broken) return false;
        }
      }
      if (logs.broken) return false;
    }
    return !request.broken;
  }

  /** Goes to the next record; false after the last one. Call `check` first. */
  next(): boolean {
    for (;;) {
      if (this.#records.next()) {
        if (this.#records.field !== SCOPE_LOGS.logRecords) continue;
        this.#readRecord(this.#records.start, this.#records.end);
        return true;
      }
      if (this.#scopes.next()) {
        if (this.#scopes.field !== RESOURCE_LOGS.scopeLogs) continue;
        this.ofOwnScope = this.#isOwn(this.#scopes.start, this.#scopes.end);
        this.#records.over(this.#u8, this.#scopes.start, this.#scopes.end);
        continue;
      }
      if (!this.#resources.next()) return false;
      if (this.#resources.field !== REQUEST.resourceLogs) continue;
      this.resource++;
      this.#findResource(this.#resources.start, this.#resources.end);
      this.#scopes.over(this.#u8, this.#resources.start, this.#resources.end);
    }
  }

  #checkResource(good: WellFormed, start: number, end: number): boolean {
    const fields = this.#nested.over(this.#u8, start, end);
    while (fields.next()) {
      if (fields.field !== RESOURCE.attributes) continue;
      if (fields.wire !== WIRE.bytes || !good.pair(this.#u8, fields.start, fields.end)) return false;
    }
    return !fields.broken;
  }

  #checkScope(start: number, end: number): boolean {
    const fields = this.#nested.over(this.#u8, start, end);
    while (fields.next()) if (fields.field <= 2 && fields.wire !== WIRE.bytes) return false;
    return !fields.broken;
  }

  #checkRecord(good: WellFormed, start: number, end: number): boolean {
    const fields = this.#record.over(this.#u8, start, end);
    while (fields.next()) {
      const { field, wire } = fields;
      const wanted = RECORD_WIRE.get(field);
      if (wanted === undefined) continue;
      if (wire !== wanted) return false;
      if (field === RECORD.body && !good.any(this.#u8, fields.start, fields.end))
        return this.#noteDeep(good, start);
      if (field === RECORD.attributes && !good.pair(this.#u8, fields.start, fields.end))
        return this.#noteDeep(good, start);
    }
    return !fields.broken;
  }

  /** Notes a record that is nested too deeply: the other records are read all the same. */
  #noteDeep(good: WellFormed, start: number): boolean {
    if (good.tooDeep) this.#tooDeepRecords.add(start);
    return good.tooDeep;
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

  /** The scope may come after its records. */
  #isOwn(start: number, end: number): boolean {
    const fields = this.#nested.over(this.#u8, start, end);
    while (fields.next()) {
      if (fields.field !== SCOPE_LOGS.scope) continue;
      const scope = this.#record.over(this.#u8, fields.start, fields.end);
      let own = false;
      while (scope.next())
        if (scope.field === SCOPE.name)
          own =
            scope.end - scope.start === OWN_SCOPE.length &&
            OWN_SCOPE.compare(this.#u8, scope.start, scope.end) === 0;
      return own;
    }
    return false;
  }

  #readRecord(start: number, end: number): void {
    this.recordStart = start;
    this.recordEnd = end;
    this.bodyKind = KIND.absent;
    this.unusual = false;
    this.tooDeep = this.#tooDeepRecords.size > 0 && this.#tooDeepRecords.has(start);
    this.timeAt = -1;
    this.observedAt = -1;
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
