import type { Ms } from '../model/time.ts';
import { millis } from './time-format.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A whole number and ms, s, m or h: `500ms`, `10s`. undefined for anything else. */
export function parseDuration(text: string): Ms | undefined {
  const part = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  if (!part) return undefined;
  return millis(Number(part[1]) * UNITS[part[2] as keyof typeof UNITS]);
}
