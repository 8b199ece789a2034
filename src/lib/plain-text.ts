/** Control, format and direction characters as \uXXXX, so that text from a client cannot forge a line or reverse one. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped);
}

/** A character above U+FFFF is two units, and so two escapes, as in JSON. */
const escaped = (character: string): string =>
  character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
