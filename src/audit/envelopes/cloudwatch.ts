import { type JsonObject, ownValue } from '../document/json.ts';
import { clusterOfLogGroup } from './cluster-names.ts';
import type { DocumentEnvelope } from './envelope.ts';

/** What a subscription of CloudWatch Logs delivers: EKS writes the event as the text of a log event. */
export const cloudwatch = {
  name: 'cloudwatch',
  found: 'document',
  when: [
    {
      all: [
        { path: 'logGroup', is: 'text' },
        { path: 'logEvents', is: 'present' },
      ],
    },
  ],
  events: { documentsOf: 'logEvents' },
  cluster: (document: JsonObject) => clusterOfLogGroup(ownValue(document, 'logGroup')),
} as const satisfies DocumentEnvelope;
