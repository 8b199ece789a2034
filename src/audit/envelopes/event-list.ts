import { API_GROUP, type DocumentEnvelope } from './envelope.ts';

/** The API server's webhook sends this. Its items have no kind: each item that is an object is an event. */
export const eventList = {
  name: 'event_list',
  found: 'document',
  when: [
    {
      all: [
        { path: 'kind', equals: 'EventList' },
        { path: 'apiVersion', startsWith: API_GROUP },
      ],
    },
  ],
  events: { itemsOf: 'items' },
  slow: ['map'],
} as const satisfies DocumentEnvelope;
