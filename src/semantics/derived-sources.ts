import type { DerivedField, FieldNeed, RequestField } from '../model/event.ts';
import { isRequestField } from './derived-field.ts';
import { CONNECTIONS, RUNNING, TOKEN, VERBS } from './request-verbs.ts';

/** What an object of a kind is about: a patch that has one of these beside kind and metadata is a whole object. */
export const CONTENTS = [...['spec', 'template', 'rules', 'roleRef', 'webhooks', 'data', 'stringData']].map(
  (name) => `requestObject.${name}`,
);

/** Set where the API server cut the bodies off. */
export const TRUNCATED = 'annotations.audit.k8s.io/truncated';

const read = (...paths: readonly string[]): readonly FieldNeed[] =>
  paths.map((path) => ({ path, literals: [] }));

const CHANGE: readonly FieldNeed[] = [
  { path: 'verb', literals: Object.keys(VERBS) },
  // '' is no subresource.
  { path: 'objectRef.subresource', literals: ['', ...CONNECTIONS, TOKEN, 'eviction'] },
  ...read('requestURI', 'requestObject', 'requestObject.dryRun', 'requestObject.deleteOptions.dryRun'),
  ...read('level', TRUNCATED),
];

const COMMAND: readonly FieldNeed[] = [
  { path: 'objectRef.resource', literals: ['nodes'] },
  { path: 'objectRef.subresource', literals: RUNNING },
  ...read('requestURI'),
];

/** Where the name of the object stands, the one that goes first first. */
export const NAMES = [...['objectRef.name', 'responseObject.metadata.name', 'requestObject.metadata.name']];

/** The beginning of a name that the API server completes. */
export const GENERATED = 'requestObject.metadata.generateName';

const SOURCES = {
  'request.action': [
    ...CHANGE,
    ...read('responseStatus.code', 'requestObject.kind', 'requestObject.metadata', ...CONTENTS),
  ],
  'request.dry_run': CHANGE,
  'request.outcome': read('responseStatus.code'),
  'process.command_args': COMMAND,
  'process.command_line': COMMAND,
  'object.name': read(...NAMES, GENERATED),
} as const satisfies Record<RequestField, readonly FieldNeed[]>;

const CLIENT: readonly FieldNeed[] = read('sourceIPs');

/** The fields of the event that a derived field is made from. */
export function sourcesOf(field: DerivedField): readonly FieldNeed[] {
  return isRequestField(field) ? SOURCES[field] : CLIENT;
}
