import type { DocumentEnvelope } from './envelope.ts';

/** A message of an Event Hub: AKS sends its diagnostic records in it. */
export const azureRecords = {
  name: 'azure_records',
  found: 'document',
  when: [{ all: [{ path: 'records', is: 'present' }] }],
  events: { documentsOf: 'records' },
} as const satisfies DocumentEnvelope;
