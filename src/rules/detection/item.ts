import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { isYamlMap } from '../source/yaml-map.ts';
import type { SelectionContext } from './detection-context.ts';
import { type Expression, SELF } from './expression.ts';
import { type FieldName, hasIndex, parseFieldName } from './field-name.ts';
import { parseTests } from './item-tests.ts';
import { parseKeywords } from './keywords.ts';
import { type Chain, parseChain } from './modifiers.ts';

/** Array blocks within each other; more is refused, so that no rule can exhaust the stack. */
const BLOCK_DEPTH_MAX = 10;

/** Reads the body of an array block. undefined after a report. */
export type ParseBody = (body: unknown, path: YamlPath, scope: SelectionContext) => Expression | undefined;

/**
 * `field|modifier|modifier: value or values`, `field[any]: block`, or `|modifier: keywords`. A quantifier is about what its
 * item asks for: `f[all]|neq: x` holds where no member is x. undefined after a report.
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
  const chain = parseChain(words, name);
  if ('faults' in chain) {
    for (const fault of chain.faults) report.problem(path, fault);
    return undefined;
  }
  if (name === '') return parseKeywords(value, chain, path, scope);
  const field = parseFieldName(name, scope.depth > 0);
  if ('fault' in field) return report.problem(path, field.fault);
  if (scope.row && (field.scopes.length > 0 || hasIndex(field.path)))
    return report.problem(path, 'the result has no members to pick: a field matches if any value of it does');
  const depth = scope.depth + field.scopes.length;
  if (depth > BLOCK_DEPTH_MAX)
    return report.problem(path, `has more than ${BLOCK_DEPTH_MAX} array blocks within each other`);
  const inside = { ...scope, depth };
  const of = isArrayBlock(value)
    ? parseBlock(field, value, chain, path, inside, parseBody)
    : parseTests(field.path, value, chain, path, inside);
  return of && within(field, of);
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
  chain: Chain,
  path: YamlPath,
  scope: SelectionContext,
  parseBody: ParseBody,
): Expression | undefined {
  const { report } = scope;
  const [modifier] = chain.modifiers;
  if (modifier !== undefined)
    return report.problem(path, `${modifier} goes with values, and here is an array block`);
  if (field.scopes.length > 0 && field.path === SELF) return parseBody(body, path, scope);
  if (!/\]$/.test(field.path) || !hasIndex(field.path))
    return report.problem(
      path,
      `wants a text, a number or a boolean, has ${shownValue(body)}; a block of fields goes with ${field.path}[any] or ${field.path}[all]`,
    );
  const of = parseBody(body, path, { ...scope, depth: scope.depth + 1 });
  return of && { kind: 'members', field: field.path, quantifier: 'any', of };
}

/** A list of maps is a block too: any of them. */
function isArrayBlock(value: unknown): boolean {
  return isYamlMap(value) || (Array.isArray(value) && value.length > 0 && value.every(isYamlMap));
}
