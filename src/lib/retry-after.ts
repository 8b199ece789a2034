import type { Micros, Ms } from '../model/time.ts';
import { seconds } from './time-format.ts';

/** The longest Retry-After that counts: a mistaken header must not silence a sender for days. */
export const RETRY_AFTER_MAX: Ms = seconds(3600);

/** Seconds or an HTTP date, as milliseconds from `now`; undefined where the header is missing or neither. */
export function retryAfter(header: string | undefined, now: Micros): Ms | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - now / 1000;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(Math.ceil(wait), 0), RETRY_AFTER_MAX) as Ms;
}

const httpDate = (text: string): number => (/ GMT$/.test(text) ? Date.parse(text) : Number.NaN);
