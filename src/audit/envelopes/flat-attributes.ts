import type { JsonObject } from '../document/json.ts';
import type { AttributesEnvelope } from './envelope.ts';

const PREFIX = /^(?:k8s\.)?audit\./;

/** The event's own field names, without underscores and in lower case: some writers use snake case. */
const NAMES = new Map(
  [
    ...['kind', 'apiVersion', 'level', 'auditID', 'stage', 'requestURI', 'verb', 'user', 'impersonatedUser'],
    ...['authenticationMetadata', 'sourceIPs', 'userAgent', 'objectRef', 'responseStatus', 'requestObject'],
    ...['responseObject', 'requestReceivedTimestamp', 'stageTimestamp', 'annotations'],
    ...['username', 'uid', 'groups', 'extra', 'resource', 'namespace', 'name', 'apiGroup', 'resourceVersion'],
    ...['subresource', 'metadata', 'status', 'message', 'reason', 'details', 'code'],
  ].map((name) => [name.toLowerCase(), name]),
);

/** Below these, the rest of the key is one key: it may have dots. */
const MAPS: ReadonlySet<string> = new Set(['annotations', 'user.extra', 'impersonatedUser.extra']);
/** Below these, keys are those of an object of the cluster, and stay as they are written. */
const BODIES: ReadonlySet<string> = new Set(['requestObject', 'responseObject']);

/** Each field of the event as an attribute of its own: `k8s.audit.user.username`, `audit.verb`. */
export const flatAttributes = {
  name: 'flat_attributes',
  found: 'attributes',
  document(attributes: JsonObject) {
    const event: Tree = Object.create(null);
    let found = false;
    for (const [key, value] of Object.entries(attributes)) {
      if (!PREFIX.test(key)) continue;
      found = true;
      putAt(event, keysOf(key.replace(PREFIX, '')), value);
    }
    return found && typeof event['auditID'] === 'string' ? event : undefined;
  },
} as const satisfies AttributesEnvelope;

interface Tree {
  [key: string]: unknown;
}

/** The keys that lead to a value in the event. */
function keysOf(path: string): readonly string[] {
  const keys: string[] = [];
  for (let rest = path; ; ) {
    const dot = MAPS.has(keys.join('.')) ? -1 : rest.indexOf('.');
    const key = dot < 0 ? rest : rest.slice(0, dot);
    const isOwn = keys.length < 2 && !BODIES.has(keys[0] ?? '') && !MAPS.has(keys.join('.'));
    keys.push((isOwn ? NAMES.get(key.replaceAll('_', '').toLowerCase()) : undefined) ?? key);
    if (dot < 0) return keys;
    rest = rest.slice(dot + 1);
  }
}

/** Puts a value into nested objects. Where something else is in the way, the value is left out. */
export function putAt(root: Tree, keys: readonly string[], value: unknown): void {
  let at = root;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= Object.create(null);
    const next = at[key];
    if (typeof next !== 'object' || Array.isArray(next)) return;
    at = next as Tree;
  }
  const last = keys.at(-1)!;
  // A whole object of the same name stays.
  at[last] ??= value;
}
