import { isObject, type JsonObject, own } from './json.ts';

const API_GROUP = 'audit.k8s.io/';

/**
 * The audit events of a JSON document: the document itself, or the items of an EventList, good and bad ones (an item is an
 * event if it is an object; it carries no kind). undefined: the document is no audit event and no list of them.
 *
 * An audit event is an object with string auditID and stage, or of kind Event and an apiVersion of audit.k8s.io.
 */
export function eventsOf(document: unknown): readonly unknown[] | { readonly why: string } | undefined {
  if (!isObject(document)) return undefined;
  if (isOfGroup(document, 'EventList')) {
    const items = own(document, 'items') ?? [];
    return Array.isArray(items) ? items : { why: 'the items of an EventList are no array' };
  }
  const named = typeof own(document, 'auditID') === 'string' && typeof own(document, 'stage') === 'string';
  return named || isOfGroup(document, 'Event') ? [document] : undefined;
}

/** For text that does not parse: was it meant to be an audit event? */
export function resemblesEvent(text: string | Buffer): boolean {
  return text.includes('auditID') || text.includes('audit.k8s.io');
}

function isOfGroup(document: JsonObject, kind: string): boolean {
  const version = own(document, 'apiVersion');
  return own(document, 'kind') === kind && typeof version === 'string' && version.startsWith(API_GROUP);
}
