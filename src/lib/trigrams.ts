const BITS = 11;
/** The places that a set of trigrams has. */
export const TRIGRAM_PLACES = 2 ** BITS;

/** Three bytes of five bits each: the case of letters is not in them. */
const THREE = 0x7fff;

/** The place of the trigram that ends with this byte, where `before` is what this returned for the byte before it. */
const rolled = (before: number, byte: number): number => ((before << 5) ^ (byte & 0xdf)) & THREE;

const placeOf = (trigram: number): number => Math.imul(trigram, 0x9e3779b1) >>> (32 - BITS);

/**
 * Marks the places of all runs of three bytes in [start, end), without regard to the case of ASCII letters. A place is in the set
 * if it holds `mark`: so a new set needs only a new mark.
 */
export function markTrigrams(
  u8: Uint8Array,
  start: number,
  end: number,
  places: Int32Array,
  mark: number,
): void {
  if (end - start < 3) return;
  let trigram = rolled(rolled(0, u8[start]!), u8[start + 1]!);
  for (let i = start + 2; i < end; i++) {
    trigram = rolled(trigram, u8[i]!);
    places[placeOf(trigram)] = mark;
  }
}

/** The places of a text's trigrams; undefined for a text that is too short, or not all ASCII. */
export function trigramsOf(text: string): Int32Array | undefined {
  if (text.length < 3 || !/^[\0-\x7f]*$/.test(text)) return undefined;
  const found = new Set<number>();
  let trigram = rolled(rolled(0, text.charCodeAt(0)), text.charCodeAt(1));
  for (let i = 2; i < text.length; i++) {
    trigram = rolled(trigram, text.charCodeAt(i));
    found.add(placeOf(trigram));
  }
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
