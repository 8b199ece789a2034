/** Median, least and greatest. */
export function spread(values: readonly number[], digits = 0): string {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number) => value.toFixed(digits);
  return `${show(sorted[sorted.length >> 1]!)} [${show(sorted[0]!)}-${show(sorted.at(-1)!)}]`;
}
