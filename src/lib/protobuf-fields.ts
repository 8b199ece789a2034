/** Protobuf wire types. proto3 has no groups (3 and 4). */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A signed 64-bit varint. */
export function readVarint(u8: Uint8Array, start: number): bigint {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = u8[start + i]!;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) break;
  }
  return BigInt.asIntN(64, value);
}

/**
 * Reads the fields of a protobuf message without allocating anything. After `next()` has returned true, `field`, `wire` and
 * [start, end) describe the field. `broken` is true where the bytes are not a well-formed message. `over` begins the next
 * message with the same object.
 */
export class ProtobufFields {
  #u8: Uint8Array = new Uint8Array();
  #pos = 0;
  #stop = 0;
  field = 0;
  wire = 0;
  start = 0;
  end = 0;
  broken = false;

  over(u8: Uint8Array, start: number, end: number): this {
    this.#u8 = u8;
    this.#pos = start;
    this.#stop = end;
    this.broken = false;
    return this;
  }

  next(): boolean {
    if (this.#pos >= this.#stop) return false;
    const tag = this.#varint();
    if (tag > 0xffffffff) this.broken = true;
    this.field = tag >>> 3;
    this.wire = tag & 7;
    this.start = this.#pos;
    switch (this.wire) {
      case WIRE.varint:
        this.#varint();
        this.end = this.#pos;
        break;
      case WIRE.fixed64:
        this.end = this.#pos += 8;
        break;
      case WIRE.bytes: {
        const size = this.#varint();
        this.start = this.#pos;
        this.end = this.#pos += size;
        break;
      }
      case WIRE.fixed32:
        this.end = this.#pos += 4;
        break;
      default:
        this.broken = true;
    }
    if (this.field === 0 || this.#pos > this.#stop) this.broken = true;
    return !this.broken;
  }

  /** An unsigned varint of which only 32 bits matter. One of more than ten bytes, or a size over 2 GiB, is broken. */
  #varint(): number {
    const u8 = this.#u8;
    let byte = this.#pos < this.#stop ? u8[this.#pos++]! : this.#fault();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      byte = this.#pos < this.#stop ? u8[this.#pos++]! : this.#fault();
      if (shift < 28) value |= (byte & 0x7f) << shift;
      else if (shift === 28) value += (byte & 0x7f) * 2 ** 28;
      // No tag and no size is that large. readVarint reads the values of varint fields.
      else if ((byte & 0x7f) !== 0) value = Number.MAX_SAFE_INTEGER;
      if (byte < 0x80) return value;
    }
    return this.#fault();
  }

  #fault(): number {
    this.broken = true;
    return 0;
  }
}
