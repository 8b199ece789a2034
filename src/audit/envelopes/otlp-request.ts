import type { DocumentEnvelope } from './envelope.ts';

/** An OTLP/JSON request in one line, as a collector's file exporter writes it. */
export const otlpRequest = {
  name: 'otlp_request',
  found: 'document',
  when: [{ all: [{ path: 'resourceLogs', is: 'present' }] }],
  events: 'request',
  only: 'line',
} as const satisfies DocumentEnvelope;
