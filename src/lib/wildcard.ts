/** A test for texts that fit a pattern as a whole: `*` stands for any text, `?` for one character. */
export function wildcard(pattern: string): (text: string) => boolean {
  if (!hasWildcard(pattern)) return (text) => text === pattern;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${source}$`, 'su');
  return (text) => whole.test(text);
}

export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}
