import { API_GROUP, type Envelope } from './envelope.ts';

/** What the API server's webhook sends. Items carry no kind: an item is an event if it is an object. */
export const eventList = {
  name: 'event_list',
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
} as const satisfies Envelope;
