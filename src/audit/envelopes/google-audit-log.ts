import type { JsonObject } from '../document/json.ts';
import type { DocumentEnvelope } from './envelope.ts';
import { eventOfEntry } from './google-event.ts';

/** The payload of such an entry alone, as a receiver of a collector makes it the body. The methods of a custom resource begin with its own group: `com.coreos.monitoring.v1.…`. */
export const googleAuditLog = {
  name: 'google_audit_log',
  found: 'document',
  when: [
    {
      all: [
        { path: 'serviceName', equals: 'k8s.io' },
        { path: 'methodName', is: 'text' },
      ],
    },
  ],
  events: { mapped: (payload: JsonObject) => eventOfEntry({ protoPayload: payload }) },
} as const satisfies DocumentEnvelope;
