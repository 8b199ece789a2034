import type { RepeatingSet } from '../../model/event.ts';
import { repeatingSetOf } from '../../semantics/repeating-sets.ts';
import { askedFields, type Expression } from '../detection/expression.ts';

/** The set of fields on whose values alone the answer depends; undefined where there are several, or others. */
export function soleSet(expression: Expression): RepeatingSet | undefined {
  if (hasKeyword(expression)) return undefined;
  let found: RepeatingSet | undefined;
  for (const { field, within = field } of askedFields(expression)) {
    const set = repeatingSetOf(within);
    if (set === undefined || (found !== undefined && found !== set)) return undefined;
    found = set;
  }
  return found;
}

/** A keyword reads the whole event. */
function hasKeyword(expression: Expression): boolean {
  switch (expression.kind) {
    case 'keyword':
      return true;
    case 'not':
    case 'members':
      return hasKeyword(expression.of);
    case 'all':
    case 'any':
      return expression.of.some(hasKeyword);
    default:
      return false;
  }
}
