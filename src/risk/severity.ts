import type { Level } from '../model/rule.ts';

/** OTLP severity numbers by a rule's level. None is FATAL: that is for a program that crashed. */
export const SEVERITY = {
  informational: 9,
  low: 12,
  medium: 13,
  high: 17,
  critical: 20,
} as const satisfies Record<Level, number>;

/** The risk score of a rule that gives neither a score nor impact and confidence. */
export const SCORE = {
  informational: 10,
  low: 25,
  medium: 50,
  high: 75,
  critical: 100,
} as const satisfies Record<Level, number>;
