/** A JSON object from JSON.parse, or an object without a prototype. Read it only with `ownValue`. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const EMPTY_OBJECT: JsonObject = Object.freeze(Object.create(null));

/** Characters of an error message that are passed on: the parser's messages quote the text. */
const WHY_MAX = 100;

/**
 * The only place where JSON is parsed. A byte order mark is removed. Only JSON's own white space may surround the document.
 * Where a key occurs twice the last one wins.
 */
export function parseJson(
  text: string,
  reviver?: (key: string, value: unknown) => unknown,
): { readonly value: unknown } | { readonly why: string } {
  try {
    return { value: JSON.parse(withoutByteOrderMark(text), reviver) };
  } catch (error) {
    return { why: `not valid JSON: ${shortMessage(error)}` };
  }
}

export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(withoutByteOrderMark(text));
}

function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Only own properties, so that `constructor` and `__proto__` are keys like others. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Invalid UTF-8 becomes U+FFFD, as in Go's JSON encoder. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** An error's message as one short line that any encoder accepts. */
export function shortMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.slice(0, WHY_MAX).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
  return `${line}${message.length > WHY_MAX ? '...' : ''}`.toWellFormed();
}
