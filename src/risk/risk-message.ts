import { plainText } from '../lib/plain-text.ts';
import type { Rule } from '../model/rule.ts';
import { filledIn } from '../semantics/placeholders.ts';
import type { FieldValues } from './detection-fields.ts';

/** Values of one field that a message shows; it then names how many more there are. The event's attributes hold them all. */
const MESSAGE_VALUES_MAX = 16;

/**
 * A rule's message with `$field$` filled in; 'unknown' for a field without a value. It is one line: values come from
 * any caller of the API server, and must not be able to forge a line of a log or hide a part of one.
 */
export function message(template: string, values: FieldValues): string {
  const line = template.replace(/\s+/g, ' ').trim();
  return plainText(filledIn(line, (name) => valuesText(values(name))));
}

/** The body of a record: the rule's message, else its title. Never empty, because some backends drop a record without a body. */
export function bodyOf(rule: Rule, values: FieldValues): string {
  for (const template of [rule.risk.message, rule.title]) {
    const line = message(template, values);
    if (line.trim() !== '') return line;
  }
  return rule.id;
}

function valuesText(values: readonly string[]): string {
  if (values.length === 0) return 'unknown';
  const more = values.length - MESSAGE_VALUES_MAX;
  const text = values.slice(0, MESSAGE_VALUES_MAX).join(', ');
  return more > 0 ? `${text} and ${more} more` : text;
}
