import type { Level } from '../model/rule.ts';

/** OTLP severity numbers by a rule's level. None is FATAL, which is for a program that crashed. */
export const SEVERITY = {
  informational: 9,
  low: 12,
  medium: 13,
  high: 17,
  critical: 20,
} as const satisfies Record<Level, number>;
