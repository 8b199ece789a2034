import { isObject, type JsonObject, ownValue } from '../document/json.ts';
import type { AttributesEnvelope } from './envelope.ts';
import { isMarked } from './marks.ts';

/** Keys at which the whole event stands, as a map or as text. */
const KEYS = ['audit', 'k8s.audit', 'k8s.audit.event'];

/** The event's own fields as attributes, as a collector's json_parser makes them; or all of the event at one key. */
export const attributeEvent = {
  name: 'attribute_event',
  found: 'attributes',
  document(attributes: JsonObject) {
    if (isEvent(attributes)) return attributes;
    for (const key of KEYS) {
      const value = ownValue(attributes, key);
      if (isObject(value) || (typeof value === 'string' && isMarked(value))) return value;
    }
    return undefined;
  },
} as const satisfies AttributesEnvelope;

const isEvent = (attributes: JsonObject): boolean =>
  typeof ownValue(attributes, 'auditID') === 'string' && typeof ownValue(attributes, 'stage') === 'string';
