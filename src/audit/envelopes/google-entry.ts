import { isObject, type JsonObject, ownValue } from '../document/json.ts';
import type { DocumentEnvelope } from './envelope.ts';
import { eventOfEntry } from './google-event.ts';

/** An entry of Cloud Logging in which GKE tells of a request: Google's own audit log, not an audit event of Kubernetes. */
export const googleEntry = {
  name: 'google_entry',
  found: 'document',
  when: [{ all: [{ path: 'protoPayload.serviceName', equals: 'k8s.io' }] }],
  events: { mapped: eventOfEntry },
  cluster(entry: JsonObject) {
    const resource = ownValue(entry, 'resource');
    const labels = isObject(resource) ? ownValue(resource, 'labels') : undefined;
    const name = isObject(labels) ? ownValue(labels, 'cluster_name') : undefined;
    return typeof name === 'string' && name !== '' ? name : undefined;
  },
} as const satisfies DocumentEnvelope;
