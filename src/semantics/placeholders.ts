/** `$field$` in a rule's message. The loader, the hits and the risk event must agree on what one is. */
const PLACEHOLDER = /\$([^$\s]+)\$/g;

/** The names between dollar signs, in order. */
export function placeholders(message: string): readonly string[] {
  return Array.from(message.matchAll(PLACEHOLDER), ([, name]) => name!);
}

/** The message with each placeholder replaced by what `value` says of its name. */
export function filledIn(message: string, value: (name: string) => string): string {
  return message.replace(PLACEHOLDER, (_, name: string) => value(name));
}
