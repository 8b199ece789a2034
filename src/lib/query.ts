/**
 * The key-value pairs of a request URI's query, in order, decoded as the API server decodes them: `+` is a space, percent
 * escapes stand in keys and values. A pair with an invalid escape is left out, and so is one with a `;`, which separates
 * nothing. Bytes that are no UTF-8 become U+FFFD.
 */
export function* queryPairs(uri: string): Iterable<readonly [key: string, value: string]> {
  const begin = uri.indexOf('?');
  if (begin < 0) return;
  for (const pair of uri.slice(begin + 1).split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const key = decoded(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1));
    if (key !== undefined && value !== undefined) yield [key, value];
  }
}

/** undefined for an invalid escape. */
function decoded(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  if (/%(?![0-9A-Fa-f]{2})/.test(spaced)) return undefined;
  const bytes = spaced.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString(),
  );
  return bytes;
}
