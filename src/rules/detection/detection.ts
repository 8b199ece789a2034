import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { isYamlMap } from '../source/yaml-map.ts';
import { type Condition, parseCondition } from './condition-grammar.ts';
import { SelectionNames } from './condition-names.ts';
import type { DetectionContext, SelectionContext } from './detection-context.ts';
import { anyOf, type Expression } from './expression.ts';
import { parseSelection } from './selection.ts';

export interface SigmaDetection {
  /** By the name that conditions use, in the order of the block. */
  readonly selections: ReadonlyMap<string, Expression>;
  /** As written; any of them is enough. `expression` combines them with the selections. */
  readonly conditions: readonly Condition[];
  readonly expression: Expression;
  /** Whether a condition contains `not`. */
  readonly negates: boolean;
}

/** Keys of a detection that are not selections. */
const RESERVED_KEYS: ReadonlySet<string> = new Set(['condition', 'timeframe']);

const TIMEFRAME =
  'belonged to aggregations, which Sigma replaced by correlations; write a correlation rule with a timespan';

/**
 * A map of named selections and a condition over them, as rules, filters and result filters have it.
 * `otherKeys`: keys of the block that are not part of the detection. undefined after a report.
 */
export function parseDetection(
  block: unknown,
  path: YamlPath,
  where: DetectionContext,
  otherKeys: readonly string[] = [],
): SigmaDetection | undefined {
  return parseNamed(block, path, { ...where, depth: 0 }, otherKeys);
}

/** The body of an array block: a selection, or selections with their own condition. */
function parseBody(body: unknown, path: YamlPath, scope: SelectionContext): Expression | undefined {
  const named = isYamlMap(body) && Object.hasOwn(body, 'condition');
  return named ? parseNamed(body, path, scope, [])?.expression : parseSelection(body, path, scope, parseBody);
}

function parseNamed(
  block: unknown,
  path: YamlPath,
  scope: SelectionContext,
  otherKeys: readonly string[],
): SigmaDetection | undefined {
  const { report } = scope;
  if (!isYamlMap(block))
    return report.problem(path, `wants a map of selections and a condition, has ${shownValue(block)}`);
  const entries = new Map(Object.entries(block));
  // Of an aggregation the condition is reported.
  if (entries.has('timeframe') && !String(entries.get('condition')).includes('|'))
    report.problem([...path, 'timeframe'], TIMEFRAME);
  const selections = new Map<string, Expression | undefined>();
  for (const [name, value] of entries) {
    if (RESERVED_KEYS.has(name) || otherKeys.includes(name)) continue;
    selections.set(name, parseSelection(value, [...path, name], scope, parseBody));
  }
  if (selections.size === 0) report.problem(path, 'has no selection');
  const names = new SelectionNames(selections);
  const conditions = parseConditions(entries.get('condition'), [...path, 'condition'], report);
  const parts = conditions?.map(({ condition, at }) => names.resolve(condition, at, report));
  if (parts !== undefined) names.warnUnused(path, report);
  if (entries.has('timeframe') || !parts?.every((part) => part !== undefined)) return undefined;
  return {
    // None is missing: a broken selection was reported, also one that no condition names.
    selections: new Map([...selections].flatMap(([name, of]) => (of === undefined ? [] : [[name, of]]))),
    conditions: (conditions ?? []).map(({ condition }) => condition),
    expression: anyOf(parts),
    negates: conditions?.some(({ condition }) => negates(condition)) ?? false,
  };
}

interface PlacedCondition {
  readonly condition: Condition;
  readonly at: YamlPath;
}

/** A list of conditions holds where any of them does. */
function parseConditions(
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): readonly PlacedCondition[] | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const placed: PlacedCondition[] = [];
  texts.forEach((text, i) => {
    const at = Array.isArray(value) ? [...path, i] : path;
    if (typeof text !== 'string') {
      report.problem(at, text === undefined ? 'is missing' : `wants a condition, has ${shownValue(text)}`);
      return;
    }
    const condition = parseCondition(text);
    if ('fault' in condition) report.problem(at, condition.fault);
    else placed.push({ condition, at });
  });
  if (texts.length === 0) report.problem(path, 'is empty');
  return placed.length === texts.length && placed.length > 0 ? placed : undefined;
}

function negates(condition: Condition): boolean {
  if (condition.kind === 'not') return true;
  return (condition.kind === 'all' || condition.kind === 'any') && condition.of.some(negates);
}
