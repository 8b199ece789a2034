import type { TextEnvelope } from './envelope.ts';

/** A line of journald or syslog: the time, the host, and the program with its process id. */
export const journalLine = {
  name: 'journal_line',
  found: 'text',
  prefix:
    /(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:?\d\d)) [\w.-]{1,253} [\w./@-]{1,128}(?:\[\d{1,10}\])?: /y,
} as const satisfies TextEnvelope;
