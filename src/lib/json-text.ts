import { plainText } from './plain-text.ts';

/** A value as JSON that is safe for a terminal: characters that JSON does not escape (C1 controls, direction marks) are escaped too. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[^\n]+/g, plainText);
}
