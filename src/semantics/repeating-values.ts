/**
 * Fields with few values that come again and again, in the order in which an event is asked for them: what a rule finds out of one
 * is remembered by value. Names, URIs and bodies are not here, since nearly every event has its own.
 */
export const REPEATING_FIELDS = [
  'verb',
  'objectRef.resource',
  'objectRef.subresource',
  'user.username',
  'user.groups',
  'userAgent',
  'sourceIPs',
  'objectRef.namespace',
  'objectRef.apiGroup',
  'responseStatus.code',
  'stage',
  'level',
  'impersonatedUser.username',
  'impersonatedUser.groups',
  'annotations.authorization.k8s.io/decision',
] as const;

const ALL: ReadonlySet<string> = new Set(REPEATING_FIELDS);

export const isRepeating = (path: string): boolean => ALL.has(path);
