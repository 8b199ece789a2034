import * as z from 'zod';
import { parseDuration } from '../lib/duration.ts';
import { parseSpan } from '../lib/time-format.ts';
import { kind } from './kinds.ts';

/** A length of time of the configuration: 500ms, 10s, 5m. */
export function duration(min: string, max: string) {
  const [least, most] = [parseDuration(min)!, parseDuration(max)!];
  const fits = (value: string) => {
    const ms = parseDuration(value);
    return ms !== undefined && ms >= least && ms <= most;
  };
  return kind(
    z
      .string()
      .refine(fits)
      .transform((value) => parseDuration(value)!),
    `a length of time from ${min} to ${max}, such as 500ms, 10s or 5m`,
  );
}

/** A length of time of a rule: 90s, 10m, 1h, 2d. */
export function timespan() {
  return kind(
    z
      .string()
      .refine((value) => parseSpan(value) !== undefined)
      .transform((value) => parseSpan(value)!),
    'a length of time such as 90s, 10m, 1h or 2d',
  );
}
