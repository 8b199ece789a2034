import { oncePer } from './once-per.ts';

/** Of each text its index in the list, made once for a list: it may have 100,000 texts, and several parts look them up. */
export const indexOfEach = oncePer(
  (texts: readonly string[]): ReadonlyMap<string, number> => new Map(texts.map((text, i) => [text, i])),
);
