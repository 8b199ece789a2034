const BARS = '▁▂▃▄▅▆▇█';
const NONE = '·';

/** One character for each count, as high as the count is beside the highest. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  return counts
    .map((count) => (count === 0 ? NONE : BARS[Math.ceil((count / most) * BARS.length) - 1]))
    .join('');
}
