import { API_GROUP, type DocumentEnvelope } from './envelope.ts';

/** The event itself, without anything around it. Some writers omit its kind. */
export const bareEvent = {
  name: 'bare_event',
  found: 'document',
  when: [
    {
      all: [
        { path: 'auditID', is: 'text' },
        { path: 'stage', is: 'text' },
      ],
    },
    {
      all: [
        { path: 'kind', equals: 'Event' },
        { path: 'apiVersion', startsWith: API_GROUP },
      ],
    },
  ],
  events: 'self',
} as const satisfies DocumentEnvelope;
