import { z } from 'zod';
import { didYouMean } from '../../lib/nearest.ts';
import { shownValue } from '../../lib/shown-value.ts';
import { parseSpan } from '../../lib/time-format.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { Span } from '../../model/time.ts';
import { closedMap, flag, mapOf, text, textOrTexts } from '../../schema/shapes.ts';
import { timespan } from '../../schema/time-shapes.ts';
import { type Condition, parseCondition } from '../detection/condition-grammar.ts';
import { checkValue } from '../source/check-value.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { isYamlMap } from '../source/yaml-map.ts';
import { type ConditionBounds, parseBounds } from './condition-bounds.ts';
import { CORRELATION_TYPES, type CorrelationType, isCorrelationType, traitsOf } from './correlation-types.ts';

/** A valid `correlation:` block. The rules that it names are looked up in resolve-inputs.ts. */
export interface Correlation extends ConditionBounds {
  readonly type: CorrelationType;
  /** Ids or names, as written. */
  readonly rules: readonly string[];
  /** Fields, or names of `aliases`. */
  readonly groupBy: readonly string[];
  /** By alias, then by rule as it is referred to: the field that stands for it there. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly timespan: Span;
  /** A condition over the names of `rules`. `condition` is then empty, as in a temporal type without a condition. */
  readonly inputCondition?: Condition;
  /** True: the rules that it counts also fire by themselves. */
  readonly generate: boolean;
}

/** The longest timespan: windows are in memory, and their times must stay whole numbers of microseconds. */
export const TIMESPAN_MAX = '10y';

const oneOrMany = textOrTexts('a list of texts');
const aliases = mapOf(mapOf(text(), 'a map from rule to field'), 'a map from alias to {rule: field}');

const SHAPE = closedMap({
  type: text(),
  rules: oneOrMany.optional(),
  'group-by': oneOrMany.nullish(),
  timespan: timespan(),
  condition: z.unknown().optional(),
  aliases: aliases.nullish(),
  generate: flag().default(false),
});

/** The `correlation:` block. undefined after a report. */
export function parseCorrelation(
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): Correlation | undefined {
  const shape = checkValue(SHAPE, value, path, report);
  const given = isYamlMap(value) ? value : {};
  const type = parseType(given['type'], [...path, 'type'], report);
  const condition = type && parseTypeCondition(type, given['condition'], [...path, 'condition'], report);
  const rules = shape && parseRules(shape.rules, condition, [...path, 'rules'], report);
  const fits = shape && isUsable(shape.timespan, [...path, 'timespan'], report);
  if (!shape || !type || !condition || !rules || !fits) return undefined;
  return {
    type,
    rules,
    groupBy: shape['group-by'] ?? [],
    aliases: shape.aliases ?? {},
    timespan: shape.timespan,
    ...condition,
    generate: shape.generate,
  };
}

function parseType(type: unknown, path: YamlPath, report: FindingReport): CorrelationType | undefined {
  // A type that is not text was reported with the shape.
  if (typeof type !== 'string' || type === '') return undefined;
  if (isCorrelationType(type)) return type;
  const known = Object.keys(CORRELATION_TYPES);
  const meant = didYouMean(type, known) || `; the types are ${known.join(', ')}`;
  return report.problem(path, `"${type}" is not a type of correlation${meant}`);
}

type ParsedCondition = ConditionBounds & { readonly inputCondition?: Condition };

function parseTypeCondition(
  type: CorrelationType,
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): ParsedCondition | undefined {
  const { temporal } = traitsOf(type);
  if (value === undefined || value === null)
    return temporal ? { condition: [], conditionFields: [] } : report.problem(path, 'is missing');
  if (typeof value === 'string') {
    if (!temporal)
      return report.problem(
        path,
        `${type} wants a map such as {gte: 10}; names of rules are for temporal correlations`,
      );
    const inputCondition = parseCondition(value);
    if ('fault' in inputCondition)
      return report.problem(path, inputCondition.fault.replaceAll('selection', 'rule'));
    return { condition: [], conditionFields: [], inputCondition };
  }
  if (!isYamlMap(value)) return report.problem(path, `wants a map, has ${shownValue(value)}`);
  return parseBounds(type, value, path, report);
}

/** Without `rules`, the rules are those that the condition names, in its order. */
function parseRules(
  rules: readonly string[] | undefined,
  condition: ParsedCondition | undefined,
  path: YamlPath,
  report: FindingReport,
): readonly string[] | undefined {
  if (rules === undefined && condition === undefined) return undefined;
  const named = rules ?? [...new Set(condition?.inputCondition ? namesIn(condition.inputCondition) : [])];
  if (named.length > 0) return named;
  return report.problem(path, rules === undefined ? 'is missing; wants the rules to count' : 'is empty');
}

function* namesIn(condition: Condition): Iterable<string> {
  if (condition.kind === 'name') yield condition.name;
  else if (condition.kind === 'not') yield* namesIn(condition.of);
  else if (condition.kind !== 'of') for (const part of condition.of) yield* namesIn(part);
}

function isUsable(timespan: Span, path: YamlPath, report: FindingReport): boolean {
  if (timespan === 0) report.problem(path, 'wants more than 0');
  else if (timespan > parseSpan(TIMESPAN_MAX)!) report.problem(path, `wants at most ${TIMESPAN_MAX}`);
  else return true;
  return false;
}
