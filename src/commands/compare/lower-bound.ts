/** The index of the first of things in order that is not before a time. */
export function lowerBound(ordered: readonly { readonly at: number }[], at: number): number {
  let [low, high] = [0, ordered.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordered[middle]!.at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
