import { LEVELS, type Level } from '../model/rule.ts';
import type { Micros, Span } from '../model/time.ts';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths of a slot that people can read. A longer one is a multiple of the last. */
const LENGTHS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY];

export interface TimeSlots {
  /** The start of the first slot. */
  readonly start: Micros;
  /** Of each slot. */
  readonly length: Span;
  /** Detections in each slot. */
  readonly counts: readonly number[];
}

export interface BusyHour {
  readonly start: Micros;
  readonly detections: number;
}

/** How many detections there were, by level and over time. */
export class DetectionTally {
  readonly levels: Record<Level, number> = {
    informational: 0,
    low: 0,
    medium: 0,
    high: 0,
    critical: 0,
  };
  /** By the start of the minute. */
  readonly #minutes = new Map<number, number>();

  add(level: Level, at: Micros): void {
    this.levels[level]++;
    addTo(this.#minutes, floor(at, MINUTE), 1);
  }

  get total(): number {
    return LEVELS.reduce((sum, level) => sum + this.levels[level], 0);
  }

  /** Hours with detections, at most `most`, the busiest first. */
  busiestHours(most: number): readonly BusyHour[] {
    const hours = new Map<number, number>();
    for (const [minute, count] of this.#minutes) addTo(hours, floor(minute, HOUR), count);
    return [...hours]
      .map(([start, detections]) => ({ start: start as Micros, detections }))
      .sort((a, b) => b.detections - a.detections || a.start - b.start)
      .slice(0, most);
  }

  /** From the first detection to the last, at most `most` slots (two or more) of one length; undefined without detections. */
  slots(most: number): TimeSlots | undefined {
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const minute of this.#minutes.keys()) {
      if (minute < first) first = minute;
      if (minute > last) last = minute;
    }
    if (first > last) return undefined;
    const needed = (length: number) => (floor(last, length) - floor(first, length)) / length + 1;
    const week = LENGTHS.at(-1)!;
    const length = LENGTHS.find((one) => needed(one) <= most) ?? week * Math.ceil(needed(week) / (most - 1));
    const start = floor(first, length);
    const counts = Array.from({ length: needed(length) }, () => 0);
    for (const [minute, count] of this.#minutes) counts[(floor(minute, length) - start) / length]! += count;
    return { start: start as Micros, length: length as Span, counts };
  }
}

const floor = (at: number, length: number): number => Math.floor(at / length) * length;

const addTo = (counts: Map<number, number>, key: number, more: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + more);
};
