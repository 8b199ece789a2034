import type { Envelope } from './envelope.ts';

/** An OTLP/JSON request in one line, as a collector's file exporter writes it. */
export const otlpRequest = {
  name: 'otlp_request',
  when: [{ all: [{ path: 'resourceLogs', is: 'present' }] }],
  events: 'request',
  only: 'line',
} as const satisfies Envelope;
