/** Ignores the case of ASCII letters. Other bytes may collide, which costs a comparison. */
function hashOf(size: number, first: number, middle: number, last: number): number {
  const hash =
    Math.imul(size, 0x9e3779b1) ^ Math.imul(first | 0x20, 31) ^ Math.imul(middle | 0x20, 961) ^ (last | 0x20);
  return hash ^ (hash >>> 13);
}

/** The literals that a field is compared with, found by the bytes of a value without regard to case. For ASCII no string is created. */
export class Literals {
  readonly #index: ReadonlyMap<string, number>;
  /** Open addressing: a literal's index + 1; 0 is free. It holds literals that are all ASCII, as only ASCII bytes can equal them. */
  readonly #table: Int32Array;
  readonly #bytes: readonly Uint8Array[];

  /** `literals` are lower-cased. */
  constructor(literals: readonly string[]) {
    this.#index = new Map(literals.map((literal, i) => [literal, i]));
    this.#bytes = literals.map((literal) => Buffer.from(literal));
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(4, literals.length * 4))));
    const mask = this.#table.length - 1;
    for (const [i, bytes] of this.#bytes.entries()) {
      if (bytes.some((byte) => byte >= 0x80)) continue;
      let at = this.#slot(bytes, 0, bytes.length) & mask;
      while (this.#table[at] !== 0) at = (at + 1) & mask;
      this.#table[at] = i + 1;
    }
  }

  /** For text that is already decoded. */
  ofText(text: string): number {
    return this.#index.get(text.toLowerCase()) ?? -1;
  }

  /** For [start, end), all ASCII. Allocates nothing. */
  ofAscii(u8: Uint8Array, start: number, end: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const size = end - start;
    let at = this.#slot(u8, start, end) & mask;
    for (let entry = table[at]!; entry !== 0; entry = table[at]!) {
      const literal = this.#bytes[entry - 1]!;
      if (literal.length === size) {
        let i = 0;
        while (i < size) {
          const c = u8[start + i]!;
          if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== literal[i]) break;
          i++;
        }
        if (i === size) return entry - 1;
      }
      at = (at + 1) & mask;
    }
    return -1;
  }

  #slot(u8: Uint8Array, start: number, end: number): number {
    const size = end - start;
    return size === 0 ? 0 : hashOf(size, u8[start]!, u8[start + (size >> 1)]!, u8[end - 1]!);
  }
}
