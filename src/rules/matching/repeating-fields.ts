import { isRepeating, REPEATING_FIELDS } from '../../semantics/repeating-values.ts';
import { askedFields, type Expression } from '../detection/expression.ts';

const REPEATING: ReadonlyMap<string, string> = new Map([
  ...REPEATING_FIELDS.map((field) => [field, field] as const),
  // Made of the addresses alone. Places are not here: their files may be replaced.
  ['client.address', 'sourceIPs'],
  ['client.claimed', 'sourceIPs'],
  ['request.outcome', 'responseStatus.code'],
]);

/** The repeating field on whose value alone the answer depends; undefined where there is none. */
export function repeatingField(expression: Expression): string | undefined {
  const field = soleField(expression);
  return field !== undefined && isRepeating(field) ? field : undefined;
}

/** The field on whose value alone the answer depends; undefined where there are several, or the whole event. */
export function soleField(expression: Expression): string | undefined {
  if (hasKeyword(expression)) return undefined;
  let found: string | undefined;
  for (const { field, within = field } of askedFields(expression)) {
    const source = REPEATING.get(within) ?? within;
    if (found !== undefined && found !== source) return undefined;
    found = source;
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
