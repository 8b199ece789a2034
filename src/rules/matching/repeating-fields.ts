import { askedFields, type Expression } from '../detection/expression.ts';

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

const REPEATING: ReadonlyMap<string, string> = new Map([
  ...REPEATING_FIELDS.map((field) => [field, field] as const),
  // Made of the addresses alone. Places are not here: their files may be replaced.
  ['client.address', 'sourceIPs'],
  ['client.claimed', 'sourceIPs'],
  ['request.outcome', 'responseStatus.code'],
]);

const REPEATING_SOURCES: ReadonlySet<string> = new Set<string>(REPEATING_FIELDS);

export const isRepeating = (path: string): boolean => REPEATING.get(path) === path;

/** The repeating field on whose value alone the answer depends; undefined where there is none. */
export function repeatingField(expression: Expression): string | undefined {
  const field = soleField(expression);
  return field !== undefined && REPEATING_SOURCES.has(field) ? field : undefined;
}

/** The field on whose value alone the answer depends; undefined where there are several, or the whole event. */
export function soleField(expression: Expression): string | undefined {
  if (hasKeyword(expression)) return undefined;
  let found: string | undefined;
  for (const { field, within = field } of askedFields(expression)) {
    const source = REPEATING.get(within) ?? within;
    if (found !== undefined && found !== source) return undefined;
    found = source;
  }
  return found;
}

/** A keyword reads the whole event. */
function hasKeyword(expression: Expression): boolean {
  switch (expression.kind) {
    case 'keyword':
      return true;
    case 'not':
    case 'members':
      return hasKeyword(expression.of);
    case 'all':
    case 'any':
      return expression.of.some(hasKeyword);
    default:
      return false;
  }
}
