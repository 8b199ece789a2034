import { parseTime } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';

const EPOCH = /^(\d{1,11})(?:\.(\d{1,9}))?$/;
/** As a search result is exported: 2026-01-15T10:00:00.000+0000, also with a blank in place of the T. */
const EXPORTED = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})$/;

/** A time in an export: seconds since 1970, or a date and time with its zone. undefined for another text, also for one without a zone. */
export function splunkTime(text: string): Micros | undefined {
  const epoch = EPOCH.exec(text);
  if (epoch) {
    const [, seconds, fraction = ''] = epoch;
    return (Number(seconds) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'))) as Micros;
  }
  const [, date, time, zone] = EXPORTED.exec(text) ?? [];
  if (date === undefined) return undefined;
  const offset = /^[+-]/.test(zone!) ? zone!.replace(/^(...):?/, '$1:') : 'Z';
  return parseTime(`${date}T${time}${offset}`);
}
