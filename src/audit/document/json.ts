/** A JSON object as JSON.parse makes it, or one without a prototype. Read it with `own` alone. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const EMPTY_OBJECT: JsonObject = Object.freeze(Object.create(null));

/** Characters of the parser's complaint that are passed on; it quotes some of the text. */
const WHY_MAX = 100;

/**
 * The one place where JSON is parsed. A byte order mark goes; around the document only JSON's own white space may stand.
 * The same key twice: the last one wins.
 */
export function parseJson(
  text: string,
  reviver?: (key: string, value: unknown) => unknown,
): { readonly value: unknown } | { readonly why: string } {
  try {
    return { value: JSON.parse(withoutMark(text), reviver) };
  } catch (error) {
    return { why: `not valid JSON: ${brief(error)}` };
  }
}

export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(withoutMark(text));
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own property, so that `constructor` and `__proto__` are keys like any other. */
export function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Invalid UTF-8 becomes U+FFFD, as Go's encoder writes it. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** An error's message in one short line that any encoder takes. */
export function brief(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.slice(0, WHY_MAX).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
  return `${line}${message.length > WHY_MAX ? '...' : ''}`.toWellFormed();
}
