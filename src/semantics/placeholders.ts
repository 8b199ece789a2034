/** `$field$` in a rule's message. The one definition for the loader, the hits and the risk event. */
const PLACEHOLDER = /\$([^$\s]+)\$/g;

/** The names between dollar signs, in order. */
export function placeholders(message: string): readonly string[] {
  return Array.from(message.matchAll(PLACEHOLDER), ([, name]) => name!);
}

/** The message with each placeholder replaced by what `value` gives for its name. */
export function filledIn(message: string, value: (name: string) => string): string {
  return message.replace(PLACEHOLDER, (_, name: string) => value(name));
}
