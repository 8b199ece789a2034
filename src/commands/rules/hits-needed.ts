import type { Hit } from '../../model/hit.ts';
import type { Rule } from '../../model/rule.ts';
import { conditionWords, spanText } from '../../rules/explain/window-text.ts';
import { leastCount } from '../../semantics/condition.ts';

/** What a rule still needs to fire, besides the hits of one event; one sentence each. For rules that these hits do not fire. */
export function hitsNeeded(
  rule: Rule,
  hits: readonly Hit[],
  nameOf: (input: string) => string,
): readonly string[] {
  const within = `within ${spanText(rule.timespan)}${rule.groupBy.length > 0 ? ', all of the same group' : ''}`;
  const needs = `needs ${conditionWords(rule, nameOf)} ${within}`;
  const own = hits.filter((hit) => hit.rule === rule.id);
  const values = [
    ...new Set(own.flatMap((hit) => rule.conditionFields.flatMap((field) => hit.values[field] ?? []))),
  ];
  switch (rule.kind) {
    case 'match':
      return [];
    case 'event_count': {
      const least = leastCount(rule.condition);
      return least === undefined
        ? [needs]
        : [`${least - 1} more ${least === 2 ? 'event' : 'events'} like this one ${within}`];
    }
    case 'value_count':
    case 'value_sum':
    case 'value_avg':
    case 'value_median':
    case 'value_percentile':
      return [
        needs,
        values.length === 0
          ? `this event has no ${rule.conditionFields.join(', ')} to count`
          : `this event adds ${values.join(', ')}`,
      ];
    case 'temporal':
    case 'temporal_ordered': {
      const matched = new Set(own.map(({ input }) => input));
      const missing = rule.inputs.filter((input) => !matched.has(input)).map(nameOf);
      return [needs, ...(missing.length > 0 ? [`not yet seen: ${missing.join(', ')}`] : [])];
    }
  }
}
