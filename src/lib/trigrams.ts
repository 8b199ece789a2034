/** Bits of a set of trigrams, in words of 32. */
export const TRIGRAM_WORDS = 8;
const MASK = TRIGRAM_WORDS * 32 - 1;

/** The bytes of A to Z count as those of a to z. */
const folded = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

/** Sets the bits of all runs of three bytes in [start, end) in `words`, after it was emptied. */
export function setTrigrams(u8: Uint8Array, start: number, end: number, words: Int32Array): void {
  words.fill(0);
  if (end - start < 3) return;
  let a = folded(u8[start]!);
  let b = folded(u8[start + 1]!);
  for (let i = start + 2; i < end; i++) {
    const c = folded(u8[i]!);
    const bit = (Math.imul(a, 961) + Math.imul(b, 31) + c) & MASK;
    words[bit >> 5]! |= 1 << (bit & 31);
    a = b;
    b = c;
  }
}

/** The trigrams of a text as a set; undefined for a text that is too short, or not all ASCII. */
export function trigramsOf(text: string): Int32Array | undefined {
  if (text.length < 3 || !/^[\0-\x7f]*$/.test(text)) return undefined;
  const words = new Int32Array(TRIGRAM_WORDS);
  setTrigrams(Buffer.from(text), 0, text.length, words);
  return words;
}

/** Whether a set has all trigrams of one of the others. */
export function hasAllOfOne(set: Int32Array, others: readonly Int32Array[]): boolean {
  for (let o = 0; o < others.length; o++) {
    const other = others[o]!;
    let w = 0;
    while (w < TRIGRAM_WORDS && (set[w]! & other[w]!) === other[w]) w++;
    if (w === TRIGRAM_WORDS) return true;
  }
  return false;
}
