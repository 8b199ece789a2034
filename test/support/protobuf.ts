/** A length-delimited field of protobuf, as no encoder writes it for us: with whatever is in it. */
export function field(no: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
  return Buffer.concat([varint(no * 8 + 2), varint(value.length), value]);
}

export function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...out, rest]);
}

/** The same bytes so many times. */
export const repeated = (bytes: Uint8Array, times: number): Buffer =>
  Buffer.alloc(bytes.length * times, bytes);

/** Parts of a log record. */
export const bodyOf = (text: string): Buffer => field(5, field(1, text));
export const EMPTY_ATTRIBUTE = field(6);

/** A request of one resource with one scope; each record is a LogRecord's bytes. */
export const requestOf = (
  records: readonly Uint8Array[],
  resource: Uint8Array = Buffer.alloc(0),
  scope: Uint8Array = Buffer.alloc(0),
): Buffer =>
  field(1, field(1, resource), field(2, field(1, scope), ...records.map((record) => field(2, record))));
