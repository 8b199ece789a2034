export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The value that `share` of all do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Median, least and greatest: `12 [10-15]`; one value alone where they are the same, nothing where there is none. */
export function spread(values: readonly number[], digits = 0): string {
  if (values.every(Number.isNaN)) return '';
  const show = (value: number) => value.toFixed(digits);
  const [least, most] = [show(Math.min(...values)), show(Math.max(...values))];
  return least === most ? least : `${show(median(values))} [${least}-${most}]`;
}
