import { plainText } from './plain-text.ts';

/** A value as JSON that does nothing to a terminal: what JSON itself leaves raw (C1 controls, direction marks) is escaped too. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[^\n]+/g, plainText);
}
