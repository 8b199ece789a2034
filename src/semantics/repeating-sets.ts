import type { RepeatingSet } from '../model/event.ts';

/**
 * Sets of fields with few values that come again and again: a cluster has some hundred clients, and they do some hundred kinds
 * of things. What rules find out of the values of one set alone is remembered. Names, URIs and bodies are not here, since
 * nearly every event has its own.
 */
export const REPEATING_SETS = {
  /** Who asks. */
  client: [
    'user.username',
    'user.groups',
    'userAgent',
    'sourceIPs',
    'impersonatedUser.username',
    'impersonatedUser.groups',
  ],
  /** What is asked for, and the answer. */
  request: [
    'verb',
    'objectRef.resource',
    'objectRef.subresource',
    'objectRef.namespace',
    'objectRef.apiGroup',
    'responseStatus.code',
    'responseStatus.reason',
    'stage',
    'level',
    'annotations.authorization.k8s.io/decision',
    'annotations.audit.k8s.io/truncated',
  ],
} as const satisfies Record<RepeatingSet, readonly string[]>;
