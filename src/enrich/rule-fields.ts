import { placeholders } from '../lib/placeholders.ts';
import type { Rule } from '../model/rule.ts';

/**
 * The fields whose values a rule's hits carry, by their own names, each once: collected, grouped and counted ones, and
 * those of risk objects, threats and the message, which may go by the name that the rule gives them.
 */
export function carriedFields({ groupBy, conditionFields, risk, rename }: Rule): readonly string[] {
  const own = new Map(Object.entries(rename).map(([field, name]) => [name, field]));
  const named = [
    ...[...risk.objects, ...risk.threats].map(({ field }) => field),
    ...placeholders(risk.message),
  ];
  return [
    ...new Set([
      ...risk.collect,
      ...groupBy,
      ...conditionFields,
      ...named.map((name) => own.get(name) ?? name),
    ]),
  ];
}
