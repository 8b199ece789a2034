import { type JsonObject, ownValue } from '../document/json.ts';
import { clusterOfResourceId } from './cluster-names.ts';
import { API_GROUP, type DocumentEnvelope } from './envelope.ts';

/** A diagnostic record of AKS. Its `log` is text; some agents parse it. */
export const azureRecord = {
  name: 'azure_record',
  found: 'document',
  when: [
    { all: [{ path: 'properties.log', is: 'marked' }] },
    {
      all: [
        { path: 'properties.log.auditID', is: 'text' },
        { path: 'properties.log.stage', is: 'text' },
      ],
    },
    { all: [{ path: 'properties.log.apiVersion', startsWith: API_GROUP }] },
  ],
  events: { documentAt: 'properties.log' },
  cluster: (document: JsonObject) => clusterOfResourceId(ownValue(document, 'resourceId')),
} as const satisfies DocumentEnvelope;
