/** The combinations that were made, and the number of all. */
export interface Combinations<T> {
  readonly kept: readonly (readonly T[])[];
  readonly total: number;
}

/**
 * Every combination of one choice from each of the lists, in order: the last `most` of them. Without lists there is one empty
 * combination; with an empty list there is none.
 */
export function lastCombinations<T>(lists: readonly (readonly T[])[], most: number): Combinations<T> {
  let kept: (readonly T[])[] = [[]];
  let total = 1;
  for (const list of lists) {
    total *= list.length;
    // The last N of a product only use the last N of each list.
    const last = list.slice(-most);
    kept = kept.flatMap((some) => last.map((choice) => [...some, choice])).slice(-most);
  }
  return { kept, total };
}
