import type { PagedFile } from './paged-file.ts';

/** Values in each other, a pointer counting as one: GeoIP2's deepest is at 6. More is damage. */
export const DEPTH_MAX = 32;
/** Values of one record, skipped ones too: GeoIP2's largest has some 200. More is damage, such as a loop of pointers. */
export const VALUES_MAX = 4096;
/** Bytes of one text. More is damage. */
export const TEXT_MAX = 65_536;

const TYPE = {
  extended: 0,
  pointer: 1,
  text: 2,
  double: 3,
  bytes: 4,
  uint16: 5,
  uint32: 6,
  map: 7,
  int32: 8,
  uint64: 9,
  uint128: 10,
  array: 11,
  boolean: 14,
  float: 15,
} as const;

/** What is added to the byte that names an extended type. One that makes a map again is read as that, and harms nobody. */
const EXTENDED_BASE = 7;
/** What is added to a size, and to a pointer, that fills 1, 2, 3 or 4 further bytes. */
const SIZE_BASE = [29, 285, 65_821];
const POINTER_BASE = [0, 2048, 526_336, 0];

/** The value at an offset of the file. Throws where that is damaged; ends on any bytes. */
export type Decode = (at: number) => unknown;

/**
 * Values of a MaxMind DB (format 2.0): maps as objects, integers of more than 32 bits as bigint. `base`: the offset from
 * which pointers count. `wanted`: the keys to keep, at any depth; the values of others are passed over unread.
 */
export function decoder(file: PagedFile, base: number, wanted?: ReadonlySet<string>): Decode {
  let at = 0;
  let left = 0;
  const number = new DataView(new ArrayBuffer(8));

  function head(): { readonly type: number; readonly control: number } {
    if (--left < 0) throw new Error('a record has too many values');
    const control = file.byte(at++);
    const type = control >> 5;
    return { control, type: type === TYPE.extended ? EXTENDED_BASE + file.byte(at++) : type };
  }

  /** The size of a value, or the number of a map's or an array's members. */
  function sizeOf(control: number): number {
    const size = control & 31;
    return size < 29 ? size : SIZE_BASE[size - 29]! + uint(size - 28);
  }

  function uint(length: number): number {
    if (length > 4) throw new Error('a number has too many bytes');
    const value = file.uint(at, length);
    at += length;
    return value;
  }

  function value(depth: number): unknown {
    if (depth > DEPTH_MAX) throw new Error('a record is too deep');
    const { type, control } = head();
    if (type === TYPE.pointer) return pointed(control, depth + 1);
    const size = sizeOf(control);
    switch (type) {
      case TYPE.text:
        return text(size);
      case TYPE.map:
        return map(size, depth + 1);
      case TYPE.array:
        return array(size, depth + 1);
      case TYPE.double:
      case TYPE.float:
        return real(type === TYPE.double ? 8 : 4, size);
      case TYPE.uint16:
      case TYPE.uint32:
        return uint(size);
      case TYPE.int32:
        return size === 4 ? uint(size) | 0 : uint(size);
      case TYPE.boolean:
        return size !== 0;
      case TYPE.bytes:
        return bytes(size, TEXT_MAX);
      case TYPE.uint64:
      case TYPE.uint128:
        return BigInt(`0x0${bytes(size, 16).toString('hex')}`);
    }
    throw new Error(`type ${type} is unknown`);
  }

  function pointed(control: number, depth: number): unknown {
    const more = ((control >> 3) & 3) + 1;
    const high = more === 4 ? 0 : (control & 7) * 256 ** more;
    const target = base + POINTER_BASE[more - 1]! + high + uint(more);
    const next = at;
    at = target;
    const found = value(depth);
    at = next;
    return found;
  }

  function text(size: number): string {
    if (size > TEXT_MAX) throw new Error('a text is too long');
    const found = file.text(at, size);
    at += size;
    return found;
  }

  function bytes(size: number, most: number): Buffer {
    if (size > most) throw new Error('a value is too long');
    const found = file.bytes(at, size);
    at += size;
    return found;
  }

  function real(wide: 4 | 8, size: number): number {
    if (size !== wide) throw new Error('a number has a wrong size');
    for (let i = 0; i < wide; i += 4) number.setUint32(i, uint(4));
    return wide === 8 ? number.getFloat64(0) : number.getFloat32(0);
  }

  function map(size: number, depth: number): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (let i = 0; i < size; i++) {
      const key = value(depth);
      if (typeof key !== 'string') throw new Error('a key is no text');
      if (wanted && !wanted.has(key)) skip(depth);
      else found[key] = value(depth);
    }
    return found;
  }

  function array(size: number, depth: number): unknown[] {
    const found: unknown[] = [];
    for (let i = 0; i < size; i++) found.push(value(depth));
    return found;
  }

  function skip(depth: number): void {
    if (depth > DEPTH_MAX) throw new Error('a record is too deep');
    const { type, control } = head();
    if (type === TYPE.pointer) at += ((control >> 3) & 3) + 1;
    else {
      const size = sizeOf(control);
      const members = type === TYPE.map ? size * 2 : type === TYPE.array ? size : 0;
      for (let i = 0; i < members; i++) skip(depth + 1);
      if (members === 0 && type !== TYPE.boolean) at += size;
    }
  }

  return (start) => {
    at = start;
    left = VALUES_MAX;
    return value(0);
  };
}
