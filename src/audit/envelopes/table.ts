import { attributeEvent } from './attribute-event.ts';
import { azureRecord } from './azure-record.ts';
import { azureRecords } from './azure-records.ts';
import { bareEvent } from './bare-event.ts';
import { cloudwatch } from './cloudwatch.ts';
import { criLine } from './cri-line.ts';
import type { AttributesEnvelope, DocumentEnvelope, Envelope, TextEnvelope } from './envelope.ts';
import { eventList } from './event-list.ts';
import { flatAttributes } from './flat-attributes.ts';
import { googleAuditLog } from './google-audit-log.ts';
import { googleEntry } from './google-entry.ts';
import { journalLine } from './journal-line.ts';
import { klogLine } from './klog-line.ts';
import { nodeLogLine } from './node-log-line.ts';
import { openshiftAttributes } from './openshift-attributes.ts';
import { otlpRequest } from './otlp-request.ts';
import { bodyKey, journalKey, logKey, messageKey } from './text-key.ts';

/**
 * All envelopes, in order of precedence within their kind: the first row that fits is the document's, the attributes' or the
 * line's. A body that holds an event takes precedence over attributes. To add one: a file here, a row, and a generator in
 * test/property/envelope-generators.ts.
 */
export const ENVELOPES = [
  eventList,
  bareEvent,
  otlpRequest,
  cloudwatch,
  azureRecord,
  azureRecords,
  googleEntry,
  googleAuditLog,
  logKey,
  messageKey,
  bodyKey,
  journalKey,
  attributeEvent,
  flatAttributes,
  openshiftAttributes,
  criLine,
  journalLine,
  klogLine,
  nodeLogLine,
] as const satisfies readonly Envelope[];

export type EnvelopeName = (typeof ENVELOPES)[number]['name'];

const rows: readonly Envelope[] = ENVELOPES;
export const DOCUMENTS = rows.filter((row): row is DocumentEnvelope => row.found === 'document');
export const ATTRIBUTES = rows.filter((row): row is AttributesEnvelope => row.found === 'attributes');
export const TEXTS = rows.filter((row): row is TextEnvelope => row.found === 'text');
