import type { JsonObject } from '../document/json.ts';
import type { AttributesEnvelope } from './envelope.ts';
import { putAt } from './flat-attributes.ts';

const EVENT = 'k8s.audit.event.';
const ANNOTATION = `${EVENT}annotation.`;

/** Where the attributes of OpenShift's log forwarder belong in the event. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  [`${EVENT}audit_id`]: ['auditID'],
  [`${EVENT}level`]: ['level'],
  [`${EVENT}stage`]: ['stage'],
  [`${EVENT}verb`]: ['verb'],
  [`${EVENT}request.verb`]: ['verb'],
  [`${EVENT}request.uri`]: ['requestURI'],
  [`${EVENT}user_agent`]: ['userAgent'],
  [`${EVENT}source_ips`]: ['sourceIPs'],
  [`${EVENT}response.code`]: ['responseStatus', 'code'],
  [`${EVENT}object_ref.resource`]: ['objectRef', 'resource'],
  [`${EVENT}object_ref.subresource`]: ['objectRef', 'subresource'],
  [`${EVENT}object_ref.name`]: ['objectRef', 'name'],
  [`${EVENT}object_ref.namespace`]: ['objectRef', 'namespace'],
  [`${EVENT}object_ref.api_group`]: ['objectRef', 'apiGroup'],
  [`${EVENT}object_ref.api_version`]: ['objectRef', 'apiVersion'],
  'k8s.user.username': ['user', 'username'],
  'k8s.user.uid': ['user', 'uid'],
  'k8s.user.groups': ['user', 'groups'],
};

/** What OpenShift's log forwarder says of an event in attributes. They have no Audit-ID, no addresses and no times. */
export const openshiftAttributes = {
  name: 'openshift_attributes',
  found: 'attributes',
  document(attributes: JsonObject) {
    const event = Object.assign(Object.create(null), { kind: 'Event', apiVersion: 'audit.k8s.io/v1' });
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null) continue;
      if (Object.hasOwn(FIELDS, key)) putAt(event, FIELDS[key]!, value);
      else if (key.startsWith(ANNOTATION)) putAt(event, ['annotations', key.slice(ANNOTATION.length)], value);
    }
    return typeof event.stage === 'string' && typeof event.level === 'string' ? event : undefined;
  },
} as const satisfies AttributesEnvelope;
