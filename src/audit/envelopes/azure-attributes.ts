import { isObject, type JsonObject, ownValue } from '../document/json.ts';
import type { AttributesEnvelope } from './envelope.ts';
import { isMarked } from './marks.ts';

/** A diagnostic record of AKS as the collector's receiver for Event Hubs writes it: its properties are an attribute. */
export const azureAttributes = {
  name: 'azure_attributes',
  found: 'attributes',
  document(attributes: JsonObject) {
    const properties = ownValue(attributes, 'azure.properties');
    const log = isObject(properties) ? ownValue(properties, 'log') : properties;
    return isObject(log) || (typeof log === 'string' && isMarked(log)) ? log : undefined;
  },
} as const satisfies AttributesEnvelope;
