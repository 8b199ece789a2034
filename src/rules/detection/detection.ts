import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { FindingReport } from '../source/findings.ts';
import { isYamlMap } from '../source/yaml-map.ts';
import { type Condition, parseCondition } from './condition-grammar.ts';
import { Names } from './condition-names.ts';
import type { DetectionContext, SelectionContext } from './detection-context.ts';
import { anyOf, type Expression } from './expression.ts';
import { parseSelection } from './selection.ts';

export interface SigmaDetection {
  /** By name, as the block has them; what the conditions name. */
  readonly selections: ReadonlyMap<string, Expression>;
  /** As written; any of them is enough. `expression` is both together. */
  readonly conditions: readonly Condition[];
  readonly expression: Expression;
  /** Whether its condition says `not` anywhere. */
  readonly negates: boolean;
}

/** Keys of a detection that are no selection. */
const OWN_KEYS: ReadonlySet<string> = new Set(['condition', 'timeframe']);

const TIMEFRAME =
  'belonged to aggregations, which Sigma replaced by correlations; write a correlation rule with a timespan';

/**
 * A map of named selections and a condition over them, as rules, filters and result filters have it.
 * `besides`: keys of the block that belong to somebody else. undefined after a report.
 */
export function parseDetection(
  block: unknown,
  path: YamlPath,
  where: DetectionContext,
  besides: readonly string[] = [],
): SigmaDetection | undefined {
  return parseNamed(block, path, { ...where, depth: 0 }, besides);
}

/** What an array block asks of a member: a selection, or selections with a condition of their own. */
function parseBody(body: unknown, path: YamlPath, scope: SelectionContext): Expression | undefined {
  const named = isYamlMap(body) && Object.hasOwn(body, 'condition');
  return named ? parseNamed(body, path, scope, [])?.expression : parseSelection(body, path, scope, parseBody);
}

function parseNamed(
  block: unknown,
  path: YamlPath,
  scope: SelectionContext,
  besides: readonly string[],
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
    if (OWN_KEYS.has(name) || besides.includes(name)) continue;
    selections.set(name, parseSelection(value, [...path, name], scope, parseBody));
  }
  if (selections.size === 0) report.problem(path, 'has no selection');
  const names = new Names(selections);
  const conditions = parseConditions(entries.get('condition'), [...path, 'condition'], report);
  const parts = conditions?.map(({ condition, at }) => names.resolve(condition, at, report));
  if (parts !== undefined) names.warnUnused(path, report);
  if (entries.has('timeframe') || !parts?.every((part) => part !== undefined)) return undefined;
  return {
    // Complete: a broken selection that no condition names was reported all the same.
    selections: new Map([...selections].flatMap(([name, of]) => (of === undefined ? [] : [[name, of]]))),
    conditions: (conditions ?? []).map(({ condition }) => condition),
    expression: anyOf(parts),
    negates: conditions?.some(({ condition }) => negates(condition)) ?? false,
  };
}

interface Placed {
  readonly condition: Condition;
  readonly at: YamlPath;
}

/** A list of conditions holds where any of them does. */
function parseConditions(
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): readonly Placed[] | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const placed: Placed[] = [];
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
