import { indexOfEach } from '../../lib/index-of-each.ts';
import { oncePerInSteps } from '../../lib/once-per.ts';
import { eachInSteps, type Steps } from '../../lib/steps.ts';

/** Ignores the case of ASCII letters. Other bytes may collide, which costs a comparison. Of all bytes: a list of a user has texts much alike. */
function hashOf(u8: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (u8[i]! | 0x20), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

/** The literals that a field is compared with, found by the bytes of a value without regard to case. For ASCII no string is created. */
export class Literals {
  readonly #index: ReadonlyMap<string, number>;
  /** Open addressing: a literal's index + 1; 0 is free. It holds literals that are all ASCII, as only ASCII bytes can equal them. */
  readonly #table: Int32Array;
  /** The bytes of those, one after another, and by index where each begins; a literal with other characters has none. */
  readonly #bytes: Buffer;
  readonly #starts: Int32Array;
  readonly #longest: number;

  /** `literals` are lower-cased. */
  static *making(literals: readonly string[]): Steps<Literals> {
    const index = yield* indexOfEach.making(literals);
    const made = new Literals(index, literals);
    yield* eachInSteps(literals, (literal, i) => made.#add(literal, i));
    return made;
  }

  private constructor(index: ReadonlyMap<string, number>, literals: readonly string[]) {
    this.#index = index;
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(4, literals.length * 4))));
    this.#longest = literals.reduce((longest, { length }) => Math.max(longest, length), 0);
    this.#starts = new Int32Array(literals.length + 1);
    this.#bytes = Buffer.alloc(literals.reduce((sum, { length }) => sum + length, 0));
  }

  /** In the order of the literals. */
  #add(literal: string, i: number): void {
    const start = this.#starts[i]!;
    const isAscii = ASCII.test(literal);
    const end = start + (isAscii ? this.#bytes.write(literal, start, 'latin1') : 0);
    this.#starts[i + 1] = end;
    if (!isAscii) return;
    const mask = this.#table.length - 1;
    let at = hashOf(this.#bytes, start, end) & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = i + 1;
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
    // Clients choose how long a value is.
    if (size > this.#longest) return -1;
    const bytes = this.#bytes;
    let at = hashOf(u8, start, end) & mask;
    for (let entry = table[at]!; entry !== 0; entry = table[at]!) {
      const literal = this.#starts[entry - 1]!;
      if (this.#starts[entry]! - literal === size) {
        let i = 0;
        while (i < size) {
          const c = u8[start + i]!;
          if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== bytes[literal + i]) break;
          i++;
        }
        if (i === size) return entry - 1;
      }
      at = (at + 1) & mask;
    }
    return -1;
  }
}

const ASCII = /^[\x00-\x7f]*$/;

/** Readers of one plan share them. */
export const literalsIn = oncePerInSteps(Literals.making);
