import { oncePer } from '../../lib/once-per.ts';
import { shownValue } from '../../lib/shown-value.ts';
import { atOnce, type Steps } from '../../lib/steps.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { Scalar } from '../../model/event.ts';
import type { Lists } from '../source/value-lists.ts';
import type { SelectionContext } from './detection-context.ts';
import { allOf, anyOf, type Expression } from './expression.ts';
import { parseFieldName } from './field-name.ts';
import { makingValueTests, type ValueTests } from './item-values.ts';
import type { ModifierChain } from './modifiers.ts';
import { literalText, parsePattern } from './pattern.ts';

/** The test of an item on its field. undefined after a report. */
export function parseTests(
  field: string,
  value: unknown,
  chain: ModifierChain,
  path: YamlPath,
  scope: SelectionContext,
): Expression | undefined {
  if (value === null || value === undefined) return parseNull(field, chain, path, scope);
  if (chain.has('exists')) return parseExists(field, value, path, scope);
  if (chain.has('fieldref')) return parseReferences(field, value, chain, path, scope);
  const values = parseValues(value, chain, path, scope);
  return values && joinValues(values, chain, (any) => ({ kind: 'field', field, any }));
}

function parseNull(
  field: string,
  chain: ModifierChain,
  path: YamlPath,
  { report }: SelectionContext,
): Expression | undefined {
  const other = chain.modifiers.find((modifier) => modifier !== 'neq');
  if (other !== undefined) return report.problem(path, `null takes no modifier except neq, has ${other}`);
  return unless(chain, { kind: 'null', field });
}

function parseExists(
  field: string,
  value: unknown,
  path: YamlPath,
  { report }: SelectionContext,
): Expression | undefined {
  if (typeof value !== 'boolean')
    return report.problem(path, `exists wants true or false, has ${shownValue(value)}`);
  const exists: Expression = { kind: 'exists', field };
  return value ? exists : { kind: 'not', of: exists };
}

function parseReferences(
  field: string,
  value: unknown,
  chain: ModifierChain,
  path: YamlPath,
  scope: SelectionContext,
): Expression | undefined {
  const { report } = scope;
  const head = chain.has('contains') || chain.has('endswith');
  const tail = chain.has('contains') || chain.has('startswith');
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const references: Expression[] = [];
  for (const [i, one] of given.entries()) {
    const other = otherField(one, scope);
    if ('fault' in other) report.problem(Array.isArray(value) ? [...path, i] : path, other.fault);
    else
      references.push({
        kind: 'reference',
        field,
        other: other.path,
        head,
        tail,
        cased: chain.has('cased'),
      });
  }
  if (given.length === 0) return report.problem(path, 'wants at least one value');
  if (references.length < given.length) return undefined;
  // One value keeps its array: rules that share it share what is made of it.
  return unless(chain, chain.has('all') ? allOf(references) : anyOf(references));
}

function otherField(
  value: unknown,
  scope: SelectionContext,
): { readonly path: string } | { readonly fault: string } {
  if (typeof value !== 'string' || value === '')
    return { fault: `fieldref wants the name of a field, has ${shownValue(value)}` };
  // Escapes are those of wildcards; brackets are part of the name.
  const name = literalText(parsePattern(value));
  if (name === undefined) return { fault: `fieldref takes no wildcards, has ${shownValue(value)}` };
  const field = parseFieldName(name, scope.depth > 0);
  if ('fault' in field) return field;
  if (field.scopes.length > 0)
    return { fault: 'fieldref takes no quantifier: any value of the field matches' };
  return field;
}

/** By values and modifiers, of those that may name lists: rules share the tests, since a list may have 100,000 values. */
const listedOf = oncePer((_: Lists) => new Map<string, readonly ValueTests[]>());

/** The tests for each value of an item or of keywords. undefined after a report. */
export function parseValues(
  value: unknown,
  chain: ModifierChain,
  path: YamlPath,
  { report, lists }: SelectionContext,
): readonly ValueTests[] | undefined {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (given.length === 0) return report.problem(path, 'wants at least one value');
  if (given.length === 1 && chain.has('all') && !chain.has('expand'))
    report.warn(path, 'all has only one value');
  if (chain.has('base64offset') && chain.of('place') === undefined)
    report.warn(path, 'base64offset gives a part of a value; add contains after it');
  const fault = (i: number, why: string) => report.problem(Array.isArray(value) ? [...path, i] : path, why);
  return atOnce(makingValues(given, chain, lists, fault));
}

/** The tests for each of the values; undefined after a fault. Those of values that name lists are made once. */
export function* makingValues(
  given: readonly unknown[],
  chain: ModifierChain,
  lists: Lists,
  fault: (i: number, why: string) => void = () => {},
): Steps<readonly ValueTests[] | undefined> {
  const key = chain.has('expand') && given.every(isValue) ? sharedKey(given, chain) : undefined;
  const known = key && listedOf(lists).get(key);
  if (known) return known;
  const values: ValueTests[] = [];
  let good = true;
  for (const [i, one] of given.entries()) {
    const made = isValue(one) ? yield* makingValueTests(one, chain, lists) : { fault: notAValue(one) };
    if ('fault' in made) {
      fault(i, made.fault);
      good = false;
    } else if (made.length === 0) values.push([]);
    else for (const tests of made) values.push(tests);
  }
  if (!good) return undefined;
  if (key === undefined) return values;
  const shared = chain.has('all') || values.length === 1 ? values : [values.flat()];
  listedOf(lists).set(key, shared);
  return shared;
}

/** Different for different values: 1 and '1' too, and numbers that JSON does not know. */
function sharedKey(values: readonly NonNullable<Scalar>[], chain: ModifierChain): string {
  return JSON.stringify([values.map((value) => [typeof value, String(value)]), chain.modifiers]);
}

/** The values joined by `all` or by any. A value with several tests needs any of them, also under `all`. */
export function joinValues(
  values: readonly ValueTests[],
  chain: ModifierChain,
  make: (any: ValueTests) => Expression,
): Expression {
  return unless(
    chain,
    chain.has('all') ? allOf(values.map(make)) : make(values.length === 1 ? values[0]! : values.flat()),
  );
}

function unless(chain: ModifierChain, of: Expression): Expression {
  return chain.has('neq') ? { kind: 'not', of } : of;
}

function isValue(value: unknown): value is NonNullable<Scalar> {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function notAValue(value: unknown): string {
  return value === null
    ? 'null cannot be part of a list'
    : `wants a text, a number or a boolean, has ${shownValue(value)}`;
}
