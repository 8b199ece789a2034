const BITS = 11;
/** The places that a set of trigrams has. */
export const TRIGRAM_PLACES = 2 ** BITS;

/** A trigram is three bytes as a number, the first one lowest, without the bit in which the case of letters differs. */
const CASELESS = 0xdfdfdf;

const placeOf = (trigram: number): number => Math.imul(trigram & CASELESS, 0x9e3779b1) >>> (32 - BITS);

/**
 * Marks the places of all runs of three bytes in [start, end), without regard to the case of ASCII letters. A place is in the set
 * if it holds `mark`: so a new set needs only a new mark.
 */
export function markTrigrams(
  bytes: DataView,
  start: number,
  end: number,
  places: Int32Array,
  mark: number,
): void {
  let i = start;
  // Four bytes hold two trigrams.
  for (; i + 4 <= end; i += 2) {
    const word = bytes.getInt32(i, true);
    places[placeOf(word)] = mark;
    places[placeOf(word >>> 8)] = mark;
  }
  if (i + 3 === end) places[placeOf(bytes.getUint16(i, true) | (bytes.getUint8(i + 2) << 16))] = mark;
}

/** The places of a text's trigrams; undefined for a text that is too short, or not all ASCII. */
export function trigramsOf(text: string): Int32Array | undefined {
  if (text.length < 3 || !/^[\0-\x7f]*$/.test(text)) return undefined;
  const found = new Set<number>();
  for (let i = 0; i + 3 <= text.length; i++)
    found.add(placeOf(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8) | (text.charCodeAt(i + 2) << 16)));
  return Int32Array.from(found);
}

/** Whether a set has all trigrams of one of the others. */
export function hasAllOfOne(places: Int32Array, mark: number, others: readonly Int32Array[]): boolean {
  for (let o = 0; o < others.length; o++) {
    const other = others[o]!;
    let i = 0;
    while (i < other.length && places[other[i]!] === mark) i++;
    if (i === other.length) return true;
  }
  return false;
}
