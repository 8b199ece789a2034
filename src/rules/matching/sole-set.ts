import { DERIVED_FIELDS, type RepeatingSet } from '../../model/event.ts';
import { isRequestField } from '../../semantics/derived-field.ts';
import { REPEATING_SETS } from '../../semantics/repeating-sets.ts';
import { askedFields, type Expression } from '../detection/expression.ts';

const SETS = Object.keys(REPEATING_SETS) as readonly RepeatingSet[];

const SET_OF: ReadonlyMap<string, RepeatingSet> = new Map<string, RepeatingSet>([
  ...SETS.flatMap((set) => REPEATING_SETS[set].map((field) => [field, set] as const)),
  // Made of the addresses alone; places of other files have another generation.
  ...DERIVED_FIELDS.filter((field) => !isRequestField(field)).map((field) => [field, 'client'] as const),
  ['request.outcome', 'request'],
]);

/** The set of fields on whose values alone the answer depends; undefined where there are several, or others. */
export function soleSet(expression: Expression): RepeatingSet | undefined {
  if (hasKeyword(expression)) return undefined;
  let found: RepeatingSet | undefined;
  for (const { field, within = field } of askedFields(expression)) {
    const set = SET_OF.get(within);
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
