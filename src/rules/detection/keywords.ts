import type { YamlPath } from '../../lib/yaml-source.ts';
import type { SelectionContext } from './detection-context.ts';
import type { Expression } from './expression.ts';
import { joinValues, parseValues } from './item-tests.ts';
import { ModifierChain } from './modifiers.ts';

/** A part of any value anywhere in an event (in an array block: in the member). undefined after a report. */
export function parseKeywords(
  value: unknown,
  chain: ModifierChain,
  path: YamlPath,
  scope: SelectionContext,
): Expression | undefined {
  if (scope.row) return scope.report.problem(path, 'a result has no keywords; name one of its fields');
  if (value === null || value === undefined) return scope.report.problem(path, 'null is not a keyword');
  const values = parseValues(value, anywhere(chain), path, scope);
  return values && joinValues(values, chain, (any) => ({ kind: 'keyword', any }));
}

function anywhere(chain: ModifierChain): ModifierChain {
  if (chain.of('place') !== undefined || chain.has('re') || chain.has('cidr')) return chain;
  return new ModifierChain([...chain.modifiers, 'contains']);
}
