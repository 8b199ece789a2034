const NEWLINE = 0x0a;

/** Numbered lines in one text. It is one buffer, because a document may have millions of lines. */
export class GrowingText {
  /** The number of the first line. */
  readonly number: number;
  #next: number;
  #bytes = Buffer.allocUnsafe(1024);
  #size = 0;

  constructor(number: number) {
    this.number = number;
    this.#next = number;
  }

  /** The number that the next line has, or a greater one. */
  get next(): number {
    return this.#next;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Numbers that are left out are empty lines. */
  add(number: number, line: Uint8Array): void {
    const start = this.#size + number - this.#next;
    const end = start + line.length + 1;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * end);
      this.bytes.copy(larger);
      this.#bytes = larger;
    }
    this.#bytes.fill(NEWLINE, this.#size, start);
    this.#bytes.set(line, start);
    this.#bytes[end - 1] = NEWLINE;
    this.#size = end;
    this.#next = number + 1;
  }

  /** Without line ends. */
  *lines(): Generator<{ readonly number: number; readonly bytes: Buffer }> {
    let { number } = this;
    for (let start = 0; start < this.#size; number++) {
      const end = this.#bytes.indexOf(NEWLINE, start);
      yield { number, bytes: this.#bytes.subarray(start, end) };
      start = end + 1;
    }
  }
}
