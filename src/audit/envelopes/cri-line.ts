import type { TextEnvelope } from './envelope.ts';

/** A line of a container's log: the time, the stream, and whether the line is a part (P) or full (F). */
export const criLine = {
  name: 'cri_line',
  found: 'text',
  prefix: /\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP](?::[\w:]{1,20})? /y,
} as const satisfies TextEnvelope;
