import { DERIVED_FIELDS, type RepeatingSet } from '../model/event.ts';
import { isRequestField } from './derived-field.ts';

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

const SETS = Object.keys(REPEATING_SETS) as readonly RepeatingSet[];

const SET_OF: ReadonlyMap<string, RepeatingSet> = new Map<string, RepeatingSet>([
  ...SETS.flatMap((set) => REPEATING_SETS[set].map((field) => [field, set] as const)),
  // Made of the addresses alone; places of other files have another generation.
  ...DERIVED_FIELDS.filter((field) => !isRequestField(field)).map((field) => [field, 'client'] as const),
  ['request.outcome', 'request'],
]);

/** The set on whose values alone a field depends; undefined for one that depends on others, too. */
export const repeatingSetOf = (field: string): RepeatingSet | undefined => SET_OF.get(field);
