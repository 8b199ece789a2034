/** What combinations were made, and how many there are in all. */
export interface Combinations<T> {
  readonly kept: readonly (readonly T[])[];
  readonly total: number;
}

/**
 * Every way to take one choice from each of the lists, in order: the last `most` of them. One empty way for no lists, no
 * way where a list is empty.
 */
export function lastCombinations<T>(lists: readonly (readonly T[])[], most: number): Combinations<T> {
  let kept: (readonly T[])[] = [[]];
  let total = 1;
  for (const list of lists) {
    total *= list.length;
    // The last so many of a product are made of the last so many of each list.
    const last = list.slice(-most);
    kept = kept.flatMap((some) => last.map((choice) => [...some, choice])).slice(-most);
  }
  return { kept, total };
}
