import { API_GROUP, type Envelope } from './envelope.ts';

/** The event itself, without anything around it. Some writers omit its kind. */
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
