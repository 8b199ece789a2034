import { parseTime } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';

const SECOND = 1_000_000;
/** 2026-01-15T09:03:11.309113Z: the only form that the API server writes. */
const SIZE = 27;
const MINUTE = 16;

/** Reads time stamps from their bytes. It keeps the minute of the last one, as a log has many events in a minute. */
export class TimeStamps {
  readonly #minute = new Int32Array(4);
  /** The minute that is kept; NaN where the bytes are not one. */
  #micros = Number.NaN;

  /** The time of the ASCII stamp [start, end); undefined where it is not an RFC 3339 time. */
  read(u8: Buffer, view: DataView, start: number, end: number): Micros | undefined {
    if (!this.#isUsual(u8, view, start, end)) return parseTime(u8.toString('latin1', start, end));
    return (this.#micros + digits(u8, start + 17, 2) * SECOND + digits(u8, start + 20, 6)) as Micros;
  }

  /** Whether `read` would return a time. Allocates nothing for the usual form. */
  isTime(u8: Buffer, view: DataView, start: number, end: number): boolean {
    return this.#isUsual(u8, view, start, end) || parseTime(u8.toString('latin1', start, end)) !== undefined;
  }

  /** Whether it has the usual form, with a minute that exists. Keeps the minute. */
  #isUsual(u8: Buffer, view: DataView, start: number, end: number): boolean {
    if (end - start !== SIZE || u8[start + 16] !== 0x3a || u8[start + 19] !== 0x2e || u8[end - 1] !== 0x5a)
      return false;
    const second = digits(u8, start + 17, 2);
    if (second < 0 || second > 59 || digits(u8, start + 20, 6) < 0) return false;
    const known = this.#minute;
    let same = true;
    for (let i = 0; i < 4; i++) {
      const word = view.getInt32(start + 4 * i, true);
      if (word === known[i]) continue;
      known[i] = word;
      same = false;
    }
    if (!same) this.#micros = parseTime(`${u8.toString('latin1', start, start + MINUTE)}:00Z`) ?? Number.NaN;
    return !Number.isNaN(this.#micros);
  }
}

/** -1 where they are not all digits. */
function digits(u8: Buffer, start: number, size: number): number {
  let value = 0;
  for (let i = start; i < start + size; i++) {
    const digit = u8[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
