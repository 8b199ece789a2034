import type { YamlPath } from '../../lib/yaml-source.ts';
import type { SelectionContext } from './detection-context.ts';
import type { Expression } from './expression.ts';
import { linked, parseValues } from './item-tests.ts';
import { Chain } from './modifiers.ts';

/** What stands anywhere in an event (in an array block: in the member), in any value, as a part of it. undefined after a report. */
export function parseKeywords(
  value: unknown,
  chain: Chain,
  path: YamlPath,
  scope: SelectionContext,
): Expression | undefined {
  if (scope.row) return scope.report.problem(path, 'the result takes no keywords: name a field of it');
  if (value === null || value === undefined) return scope.report.problem(path, 'null is no keyword');
  const values = parseValues(value, anywhere(chain), path, scope);
  return values && linked(values, chain, (any) => ({ kind: 'keyword', any }));
}

function anywhere(chain: Chain): Chain {
  if (chain.of('place') !== undefined || chain.has('re') || chain.has('cidr')) return chain;
  return new Chain([...chain.modifiers, 'contains']);
}
