import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../lib/duration.ts';
import { didYouMean } from '../lib/nearest.ts';
import { parseTime } from '../lib/time-format.ts';
import { PACKS } from '../model/packs.ts';
import { LEVELS, type Level } from '../model/rule.ts';
import type { Micros, Ms } from '../model/time.ts';

// Each reads the value of an option; commander ends with code 2 and the message.

/** Comma-separated names, in addition to those of an earlier --packs. */
export function packNames(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  for (const name of names) {
    if (!(PACKS as readonly string[]).includes(name))
      throw new InvalidArgumentError(`${name} is not a rule pack; the packs are ${PACKS.join(', ')}`);
  }
  return [...new Set([...before, ...names])];
}

export function levelName(text: string): Level {
  const level = LEVELS.find((one) => one === text);
  if (level !== undefined) return level;
  throw new InvalidArgumentError(
    `${text === '' ? 'nothing' : text} is not a level; the levels are ${LEVELS.join(', ')}${didYouMean(text, LEVELS)}`,
  );
}

/** Comma-separated. */
export const levelNames = (text: string): readonly Level[] => text.split(',').map(levelName);

export function scoreNumber(text: string): number {
  if (/^\d{1,3}(\.\d+)?$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError(`${text === '' ? 'nothing' : text} is not a score: a number from 0 to 100`);
}

/** A date is its first moment, in UTC. */
export function timeOrDate(text: string): Micros {
  const time = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (time !== undefined) return time;
  throw new InvalidArgumentError(
    `${text === '' ? 'nothing' : text} is not a time such as 2026-01-15T09:00:00Z (RFC 3339), or a date such as 2026-01-15`,
  );
}

/** `+05:30`, `-8:00`: in seconds. */
export function utcOffset(text: string): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2}):?(\d{2})$/.exec(text) ?? [];
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  if (minutes !== undefined && Number(minutes) < 60 && seconds <= 14 * 3600)
    return sign === '-' ? -seconds : seconds;
  throw new InvalidArgumentError(
    `${text === '' ? 'nothing' : text} is not an offset from UTC such as +01:00`,
  );
}

export function durationLength(text: string): Ms {
  const length = parseDuration(text);
  if (length !== undefined && length > 0) return length;
  throw new InvalidArgumentError(`${text === '' ? 'nothing' : text} is not a duration such as 60s or 2m`);
}
