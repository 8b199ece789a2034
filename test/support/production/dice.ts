/** Numbers that look random and are the same in each run. */
export interface Dice {
  /** From 0 up to 1. */
  unit(): number;
  /** A whole number from 0 up to n. */
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
  hex(length: number): string;
  uuid(): string;
}

/** Dice of their own for each seed; the same seed throws the same numbers. */
export function dice(...seed: readonly (string | number)[]): Dice {
  let state = hash(seed.join(' '));
  const unit = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(unit() * n);
  const hex = (length: number) => {
    let text = '';
    while (text.length < length) text += (2 ** 32 + Math.floor(unit() * 2 ** 32)).toString(16).slice(1);
    return text.length === length ? text : text.slice(0, length);
  };
  return {
    unit,
    below,
    pick: (list) => list[below(list.length)]!,
    hex,
    uuid() {
      const all = hex(32);
      return `${all.slice(0, 8)}-${all.slice(8, 12)}-4${all.slice(13, 16)}-8${all.slice(17, 20)}-${all.slice(20)}`;
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const char of text) sum = Math.imul(sum ^ char.codePointAt(0)!, 0x01000193);
  return sum;
}
