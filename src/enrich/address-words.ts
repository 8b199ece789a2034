/** 32-bit words of the longest address. */
export const ADDRESS_WORDS = 4;

/** Writes a normalised address's bits to `words`, first bit highest. Returns how many: 32, or 128 for IPv6. */
export function addressWords(address: string, words: Int32Array): 32 | 128 {
  if (!address.includes(':')) {
    let word = 0;
    let part = 0;
    for (let i = 0; i < address.length; i++) {
      const code = address.charCodeAt(i);
      if (code === DOT) {
        word = (word << 8) | part;
        part = 0;
      } else part = part * 10 + code - ZERO;
    }
    words[0] = (word << 8) | part;
    return 32;
  }
  const [left = '', right = ''] = address.split('::');
  words.fill(0);
  put(words, 0, left);
  put(words, 8 - groupsIn(right), right);
  return 128;
}

const DOT = 46;
const ZERO = 48;

const groupsIn = (text: string): number => (text === '' ? 0 : text.split(':').length);

function put(words: Int32Array, from: number, text: string): void {
  if (text === '') return;
  for (const [i, group] of text.split(':').entries()) {
    const index = from + i;
    words[index >> 1]! |= Number.parseInt(group, 16) << (index % 2 === 0 ? 16 : 0);
  }
}
