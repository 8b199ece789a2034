/** Whether times are shown in UTC or in the browser's zone. */
export const zone = { utc: true };

/** @param {number} n */
const two = (n) => String(n).padStart(2, '0');

/**
 * 2026-01-15 09:03:11
 * @param {number} ms
 */
export function timeText(ms) {
  const time = new Date(ms);
  if (zone.utc) return time.toISOString().slice(0, 19).replace('T', ' ');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/**
 * From one time to another, without what is the same.
 * @param {readonly [number, number]} span
 */
export function spanText([from, to]) {
  const [first, last] = [timeText(from), timeText(to)];
  if (first === last) return first;
  return `${first} to ${first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last}`;
}

/**
 * For a chart, which counts in seconds.
 * @param {number} seconds
 */
export const chartTime = (seconds) =>
  zone.utc ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000);

/**
 * 12,345
 * @param {number} n
 */
export const numberText = (n) => n.toLocaleString('en-US');
