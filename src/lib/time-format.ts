import type { Micros, Ms, Span } from '../model/time.ts';

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339 to microseconds; digits beyond the sixth are cut. undefined for another text, and for a time that is not from 1970 to 2255. */
export function parseTime(text: string): Micros | undefined {
  const part = RFC3339.exec(text);
  if (!part) return undefined;
  const [, date, time, fraction = '', zone] = part;
  const ms = Date.parse(`${date}T${time}${zone === 'z' ? 'Z' : zone}`.toUpperCase());
  if (Number.isNaN(ms) || ms < 0) return undefined;
  // Date.parse reads the 30th of February as the 1st of March.
  if (new Date(Date.parse(`${date}T00:00:00Z`)).toISOString().slice(0, 10) !== date) return undefined;
  const at = ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
  return Number.isSafeInteger(at) ? (at as Micros) : undefined;
}

/** Always UTC with six digits: 2026-01-15T09:03:11.309113Z. */
export function formatTime(at: Micros): string {
  const ms = Math.floor(at / 1000);
  const rest = at - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** In seconds. A month and a year have the average length in the Gregorian calendar, as in pySigma. */
const UNITS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, M: 2_629_746, y: 31_556_952 } as const;

/** A Sigma timespan: a whole number (also 0) and s, m, h, d, w, M (month) or y. undefined for another text, and for more than 285 years. */
export function parseSpan(text: string): Span | undefined {
  const part = /^(\d{1,9})([smhdwMy])$/.exec(text);
  if (!part) return undefined;
  const length = Number(part[1]) * UNITS[part[2] as keyof typeof UNITS] * 1_000_000;
  return Number.isSafeInteger(length) ? (length as Span) : undefined;
}

export const micros = (n: number): Micros => n as Micros;
export const span = (n: number): Span => n as Span;
export const millis = (n: number): Ms => n as Ms;
export const seconds = (n: number): Ms => (n * 1000) as Ms;
export const minutes = (n: number): Span => (n * 60_000_000) as Span;
