import { API_GROUP, type Envelope } from './envelope.ts';

/** The event itself, with nothing around it. Old servers wrote it without a kind. */
export const bareEvent = {
  name: 'bare_event',
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
} as const satisfies Envelope;
