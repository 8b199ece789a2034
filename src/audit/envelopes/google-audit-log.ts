import type { JsonObject } from '../document/json.ts';
import type { DocumentEnvelope } from './envelope.ts';
import { eventOfEntry } from './google-event.ts';

/** The payload of such an entry alone, as a receiver of a collector makes it the body. */
export const googleAuditLog = {
  name: 'google_audit_log',
  found: 'document',
  when: [
    {
      all: [
        { path: 'serviceName', equals: 'k8s.io' },
        { path: 'methodName', startsWith: 'io.k8s.' },
      ],
    },
  ],
  events: { mapped: (payload: JsonObject) => eventOfEntry({ protoPayload: payload }) },
} as const satisfies DocumentEnvelope;
