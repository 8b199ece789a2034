import { isObject, type JsonObject, ownValue, parseJson } from './json.ts';

/**
 * Fields of an event that are objects or lists. Some agents write them as JSON text in a string; that is read as what it
 * says, since no rule could match it otherwise. Of fields within fields the outer one stands first.
 */
export const OBJECT_FIELDS = [
  'user',
  'user.groups',
  'user.extra',
  'impersonatedUser',
  'impersonatedUser.groups',
  'impersonatedUser.extra',
  'authenticationMetadata',
  'sourceIPs',
  'objectRef',
  'responseStatus',
  'requestObject',
  'responseObject',
  'annotations',
] as const;

const PATHS = OBJECT_FIELDS.map((path) => path.split('.'));

/** The same event with such strings replaced. A string that does not parse stays one. */
export function withoutJsonStrings(event: JsonObject): JsonObject {
  return PATHS.reduce<JsonObject>(replaced, event);
}

function replaced(object: JsonObject, [key = '', ...inner]: readonly string[]): JsonObject {
  const value = ownValue(object, key);
  if (inner.length > 0) {
    const within = isObject(value) ? replaced(value, inner) : value;
    return within === value ? object : { ...object, [key]: within };
  }
  const read = typeof value === 'string' ? parsedString(value) : undefined;
  return read === undefined ? object : { ...object, [key]: read };
}

/** What a string holds that is JSON text of an object or a list. */
export function parsedString(text: string): unknown {
  const first = text.charCodeAt(0);
  if (first !== 0x7b && first !== 0x5b) return undefined;
  const parsed = parseJson(text);
  return 'value' in parsed ? parsed.value : undefined;
}
