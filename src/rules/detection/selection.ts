import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { isYamlMap } from '../source/yaml-map.ts';
import type { SelectionContext } from './detection-context.ts';
import { allOf, anyOf, type Expression } from './expression.ts';
import { type ParseBody, parseItem } from './item.ts';
import { parseKeywords } from './keywords.ts';
import { ModifierChain } from './modifiers.ts';

const NO_MODIFIERS = new ModifierChain([]);

/**
 * One named selection: a map (all of its items), a keyword, or a list of maps and keywords (any of them). undefined after a
 * report.
 */
export function parseSelection(
  value: unknown,
  path: YamlPath,
  scope: SelectionContext,
  parseBody: ParseBody,
): Expression | undefined {
  if (!Array.isArray(value)) return parsePart(value, path, scope, parseBody);
  if (value.length === 0) return scope.report.problem(path, 'is empty');
  if (value.every(isKeyword)) return parseKeywords(value, NO_MODIFIERS, path, scope);
  const parts = value.map((part, i) => parsePart(part, [...path, i], scope, parseBody));
  return parts.every((part) => part !== undefined) ? anyOf(parts) : undefined;
}

function parsePart(
  value: unknown,
  path: YamlPath,
  scope: SelectionContext,
  parseBody: ParseBody,
): Expression | undefined {
  if (isKeyword(value)) return parseKeywords(value, NO_MODIFIERS, path, scope);
  if (!isYamlMap(value))
    return scope.report.problem(path, `wants a map of fields, or a keyword, has ${shownValue(value)}`);
  const items = Object.entries(value);
  if (items.length === 0) return scope.report.problem(path, 'is empty');
  const parts = items.map(([key, wanted]) => parseItem(key, wanted, [...path, key], scope, parseBody));
  return parts.every((part) => part !== undefined) ? allOf(parts) : undefined;
}

function isKeyword(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
