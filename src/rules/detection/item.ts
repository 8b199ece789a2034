import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { isDerived } from '../../semantics/derived-field.ts';
import { isYamlMap } from '../source/yaml-map.ts';
import type { SelectionContext } from './detection-context.ts';
import { type Expression, SELF } from './expression.ts';
import { type FieldName, hasIndex, parseFieldName } from './field-name.ts';
import { parseTests } from './item-tests.ts';
import { parseKeywords } from './keywords.ts';
import { type ModifierChain, parseModifiers } from './modifiers.ts';

/** Depth of nested array blocks; more is refused, so that no rule can exhaust the stack. */
const BLOCK_DEPTH_MAX = 10;

/** Parses the body of an array block. undefined after a report. */
export type ParseBody = (body: unknown, path: YamlPath, scope: SelectionContext) => Expression | undefined;

/**
 * `field|modifier|modifier: value or values`, `field[any]: block`, or `|modifier: keywords`. A quantifier applies to the whole
 * item: `f[all]|neq: x` is true if no member is x. undefined after a report.
 */
export function parseItem(
  key: string,
  value: unknown,
  path: YamlPath,
  scope: SelectionContext,
  parseBody: ParseBody,
): Expression | undefined {
  const { report } = scope;
  const [name = '', ...words] = key.split('|');
  const chain = parseModifiers(words, name);
  if ('faults' in chain) {
    for (const fault of chain.faults) report.problem(path, fault);
    return undefined;
  }
  if (name === '') return parseKeywords(value, chain, path, scope);
  const field = parseFieldName(name, scope.depth > 0);
  if ('fault' in field) return report.problem(path, field.fault);
  if (scope.row && (field.scopes.length > 0 || hasIndex(field.path)))
    return report.problem(
      path,
      'a result has no arrays of objects; a field matches if any of its values does',
    );
  if (scope.depth === 0 && picksFromComputed(field))
    return report.problem(
      path,
      'is a computed field, which has values but no members to pick; test the field without brackets, it matches if any of its values does',
    );
  const depth = scope.depth + field.scopes.length;
  if (depth > BLOCK_DEPTH_MAX)
    return report.problem(path, `has more than ${BLOCK_DEPTH_MAX} nested array blocks`);
  const inside = { ...scope, depth };
  const of = isArrayBlock(value)
    ? parseBlock(field, value, chain, path, inside, parseBody)
    : parseTests(field.path, value, chain, path, inside);
  return of && within(field, of);
}

/** Whether brackets stand behind a field that is not in the event itself. */
function picksFromComputed({ scopes: [outermost], path }: FieldName): boolean {
  const picked = outermost?.path ?? path;
  return (outermost !== undefined || hasIndex(path)) && isDerived(picked.replace(/\[.*$/, ''));
}

function within({ scopes }: FieldName, inner: Expression): Expression {
  return scopes.reduceRight<Expression>(
    (of, { path: field, quantifier }) => ({ kind: 'members', field, quantifier, of }),
    inner,
  );
}

function parseBlock(
  field: FieldName,
  body: unknown,
  chain: ModifierChain,
  path: YamlPath,
  scope: SelectionContext,
  parseBody: ParseBody,
): Expression | undefined {
  const { report } = scope;
  const [modifier] = chain.modifiers;
  if (modifier !== undefined)
    return report.problem(path, `${modifier} is for values, not for an array block`);
  if (field.scopes.length > 0 && field.path === SELF) return parseBody(body, path, scope);
  if (!/\]$/.test(field.path) || !hasIndex(field.path))
    return report.problem(
      path,
      `wants a text, a number or a boolean, has ${shownValue(body)}; a block of fields goes with ${field.path}[any] or ${field.path}[all]`,
    );
  const of = parseBody(body, path, { ...scope, depth: scope.depth + 1 });
  return of && { kind: 'members', field: field.path, quantifier: 'any', of };
}

/** A list of maps is a block too: any of the maps. */
function isArrayBlock(value: unknown): boolean {
  return isYamlMap(value) || (Array.isArray(value) && value.length > 0 && value.every(isYamlMap));
}
