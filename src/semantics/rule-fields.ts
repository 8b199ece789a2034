import type { Rule } from '../model/rule.ts';
import { placeholders } from './placeholders.ts';

/**
 * The names, fields or aliases, whose values a rule's hits carry for the rule itself, each once: those that it collects,
 * groups by and counts, and those of risk objects, threats and the message, which may use a name that `rename` gives.
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

/** The field that a name in a rule stands for in one of its inputs: an alias has a field for each input, any other name is the field. */
export function fieldIn({ aliases }: Pick<Rule, 'aliases'>, input: string, name: string): string {
  const fields = Object.hasOwn(aliases, name) ? aliases[name]! : {};
  return Object.hasOwn(fields, input) ? fields[input]! : name;
}
