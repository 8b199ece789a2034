import type { Rule } from '../model/rule.ts';
import { placeholders } from './placeholders.ts';

/**
 * The names whose values a rule's hits carry for the rule itself, each once: collected, grouped and counted ones, and those
 * of risk objects, threats and the message, which may go by the name that `rename` gives them. Fields, or aliases.
 */
export function ownFields({
  groupBy,
  conditionFields,
  risk,
  rename,
}: Pick<Rule, 'groupBy' | 'conditionFields' | 'risk' | 'rename'>): readonly string[] {
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

/** The names whose values a rule's hits carry: for the rule itself, and for the correlations that count its detections. */
export function carriedNames(rule: Rule): readonly string[] {
  return [...new Set([...ownFields(rule), ...rule.carry])];
}

/** The field that a name of a rule stands for in what one of its inputs gives: an alias has one for each, a field is itself. */
export function fieldIn({ aliases }: Pick<Rule, 'aliases'>, input: string, name: string): string {
  const fields = Object.hasOwn(aliases, name) ? aliases[name]! : {};
  return Object.hasOwn(fields, input) ? fields[input]! : name;
}
