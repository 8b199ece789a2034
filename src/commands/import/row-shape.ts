import type { Rule } from '../../model/rule.ts';
import { resultFields, unknownField } from '../../rules/assembly/known-fields.ts';
import type { RowShape } from './sigma-detection.ts';

/** The rows that a search of ESCU gives to its filter, as its rule has them. */
export function rowShape(rule: Rule): RowShape {
  const names = resultFields(rule);
  const isCounted = rule.window.kind === 'tumbling';
  const renamed = (field: string) => rule.rename[field] ?? field;
  const keys = new Set(rule.groupBy.map(renamed));
  const lists = new Set(['sourceIPs', 'user.groups'].map(renamed));
  return {
    nameOf: (field) => (names.has(field) && (field !== 'count' || isCounted) ? field : undefined),
    // The two that count have none.
    hasFillnull: !isCounted,
    isAlwaysThere: (name) => name === 'count' || (keys.has(name) && rule.group.missing === 'drop'),
    valuesOf(name) {
      if (rule.kind === 'match') return lists.has(name) || PLACES.has(name) ? 'spread' : 'one';
      if (keys.has(name) || name === 'count') return 'one';
      return isCounted || lists.has(name) ? 'list' : 'one';
    },
  };
}

/** Each address has its own. */
const PLACES: ReadonlySet<string> = new Set(['Country', 'City']);

/** Audit events, before anything is counted. Bodies may have lists anywhere. */
export const EVENT_SHAPE: RowShape = {
  // Behind a bar, Sigma has modifiers.
  nameOf: (field) => (unknownField(field) === undefined && !field.includes('|') ? field : undefined),
  hasFillnull: false,
  isAlwaysThere: () => false,
  valuesOf: (name) =>
    name === 'sourceIPs' || name === 'user.groups' || /^(request|response)Object\./.test(name)
      ? 'list'
      : 'one',
};
