import { ProtobufFields, WIRE } from '../../lib/protobuf-fields.ts';
import { FIELDS_MAX } from '../document/charge.ts';
import { MESSAGES_MAX } from '../plain/decode-otlp.ts';
import { KIND, type TokenKind } from './token-kinds.ts';

const FIELD = { string: 1, bool: 2, int: 3, double: 4, array: 5, kvlist: 6, bytes: 7 } as const;

/**
 * The token of an OTLP AnyValue. `read` returns false where more than one value is set: protobuf merges them, which only the
 * protobuf library does right. A double that JSON cannot write is null, as in any-value-json.ts.
 */
export class AnyToken {
  readonly #fields = new ProtobufFields();
  kind: TokenKind = KIND.null;
  start = 0;
  end = 0;

  /** The same for a body: a string is always `utf8`, so its bytes are not checked for ASCII. */
  readBody(u8: Buffer, start: number, end: number): boolean {
    return this.#read(u8, start, end, true);
  }

  read(u8: Buffer, start: number, end: number): boolean {
    return this.#read(u8, start, end, false);
  }

  #read(u8: Buffer, start: number, end: number, isBody: boolean): boolean {
    const fields = this.#fields.over(u8, start, end);
    let values = 0;
    this.kind = KIND.null;
    while (fields.next()) {
      if (fields.field > FIELD.bytes) continue;
      values++;
      this.start = fields.start;
      this.end = fields.end;
      this.kind = isBody && fields.field === FIELD.string ? KIND.utf8 : kindOf(u8, fields);
    }
    return values < 2;
  }
}

function kindOf(u8: Buffer, { field, start, end }: ProtobufFields): TokenKind {
  switch (field) {
    case FIELD.string: {
      for (let i = start; i < end; i++) if (u8[i]! >= 0x80) return KIND.utf8;
      return KIND.ascii;
    }
    case FIELD.bool: {
      for (let i = start; i < end; i++) if ((u8[i]! & 0x7f) !== 0) return KIND.true;
      return KIND.false;
    }
    case FIELD.int:
      return KIND.varint;
    case FIELD.double:
      return Number.isFinite(u8.readDoubleLE(start)) ? KIND.double : KIND.null;
    case FIELD.array:
      return KIND.arrayValue;
    case FIELD.kvlist:
      return KIND.kvlist;
    default:
      return KIND.bytes;
  }
}

/** By field number of AnyValue: the wire type that it must have. Other fields are unknown, and skipped. */
const WIRE_OF = [-1, WIRE.bytes, WIRE.varint, WIRE.varint, WIRE.fixed64, WIRE.bytes, WIRE.bytes, WIRE.bytes];

/** Why a record is not read, whatever is in it. */
export const BEYOND = {
  deep: 'nested too deeply',
  many: `more than ${FIELDS_MAX} fields in its protobuf`,
} as const;

/**
 * Checks that [start, end) is a well-formed AnyValue or KeyValue, with everything in it. False for bytes that the protobuf
 * library would reject, for messages nested deeper than MESSAGES_MAX, and for more than FIELDS_MAX fields since the last
 * `begin`: then `beyond` says which. Allocates nothing after its first use.
 */
export class WellFormed {
  readonly #levels = Array.from({ length: MESSAGES_MAX }, () => new ProtobufFields());
  /** What has been walked since `begin`. */
  fields = 0;
  messages = 0;
  beyond: keyof typeof BEYOND | undefined;

  begin(): void {
    this.fields = 0;
    this.messages = 0;
    this.beyond = undefined;
  }

  /** Charges one field. False beyond the bound. */
  charge(): boolean {
    if (++this.fields <= FIELDS_MAX) return true;
    this.beyond = 'many';
    return false;
  }

  any(u8: Uint8Array, start: number, end: number, depth = 0): boolean {
    if (!this.#enter(depth)) return false;
    const fields = this.#levels[depth]!.over(u8, start, end);
    while (fields.next()) {
      if (!this.charge()) return false;
      const { field, wire } = fields;
      if (field > FIELD.bytes) continue;
      if (wire !== WIRE_OF[field]) return false;
      if (field === FIELD.array && !this.#list(u8, fields.start, fields.end, depth + 1, false)) return false;
      if (field === FIELD.kvlist && !this.#list(u8, fields.start, fields.end, depth + 1, true)) return false;
    }
    return !fields.broken;
  }

  /** A KeyValue: an attribute. */
  pair(u8: Uint8Array, start: number, end: number, depth = 0): boolean {
    if (!this.#enter(depth)) return false;
    const fields = this.#levels[depth]!.over(u8, start, end);
    while (fields.next()) {
      if (!this.charge()) return false;
      if (fields.field > 2) continue;
      if (fields.wire !== WIRE.bytes) return false;
      if (fields.field === 2 && !this.any(u8, fields.start, fields.end, depth + 1)) return false;
    }
    return !fields.broken;
  }

  /** A KeyValueList. */
  map(u8: Uint8Array, start: number, end: number): boolean {
    return this.#list(u8, start, end, 0, true);
  }

  #enter(depth: number): boolean {
    this.messages++;
    if (depth < MESSAGES_MAX) return true;
    this.beyond = 'deep';
    return false;
  }

  #list(u8: Uint8Array, start: number, end: number, depth: number, pairs: boolean): boolean {
    if (!this.#enter(depth)) return false;
    const fields = this.#levels[depth]!.over(u8, start, end);
    while (fields.next()) {
      if (!this.charge()) return false;
      if (fields.field !== 1) continue;
      if (fields.wire !== WIRE.bytes) return false;
      const good = pairs
        ? this.pair(u8, fields.start, fields.end, depth + 1)
        : this.any(u8, fields.start, fields.end, depth + 1);
      if (!good) return false;
    }
    return !fields.broken;
  }
}
