import { z } from 'zod';
import { didYouMean } from '../../lib/nearest.ts';
import { shownValue } from '../../lib/shown-value.ts';
import { parseSpan } from '../../lib/time-format.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { Span } from '../../model/time.ts';
import { closedMap, flag, mapOf, text, textOrTexts } from '../../schema/shapes.ts';
import { timespan } from '../../schema/time-shapes.ts';
import { type Condition, parseCondition } from '../detection/condition-grammar.ts';
import { check } from '../source/check-value.ts';
import type { FindingReport } from '../source/findings.ts';
import { isYamlMap } from '../source/yaml-map.ts';
import { type ConditionBounds, parseBounds } from './condition-bounds.ts';
import { CORRELATION_TYPES, type CorrelationType, isCorrelationType, traitsOf } from './correlation-types.ts';

/** A `correlation:` block whose own parts are good. What its names stand for is looked up in assemble.ts. */
export interface Correlation extends ConditionBounds {
  readonly type: CorrelationType;
  /** Ids or names, as written. */
  readonly rules: readonly string[];
  /** Fields, or names of `aliases`. */
  readonly groupBy: readonly string[];
  /** By alias, then by rule as it is referred to: the field that stands for it there. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly timespan: Span;
  /** A condition over the names of `rules`. `condition` is empty then, and where a temporal type has none. */
  readonly seen?: Condition;
  /** True: the rules it counts also fire by themselves. */
  readonly generate: boolean;
}

/** No longer timespan is taken: windows are in memory, and their times must stay whole numbers of microseconds. */
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
  const shape = check(SHAPE, value, path, report);
  const given = isYamlMap(value) ? value : {};
  const type = parseType(given['type'], [...path, 'type'], report);
  const wanted = type && parseWanted(type, given['condition'], [...path, 'condition'], report);
  const rules = shape && parseRules(shape.rules, wanted, [...path, 'rules'], report);
  const fits = shape && isUsable(shape.timespan, [...path, 'timespan'], report);
  if (!shape || !type || !wanted || !rules || !fits) return undefined;
  return {
    type,
    rules,
    groupBy: shape['group-by'] ?? [],
    aliases: shape.aliases ?? {},
    timespan: shape.timespan,
    ...wanted,
    generate: shape.generate,
  };
}

function parseType(type: unknown, path: YamlPath, report: FindingReport): CorrelationType | undefined {
  // What is no text was reported with the shape.
  if (typeof type !== 'string' || type === '') return undefined;
  if (isCorrelationType(type)) return type;
  const known = Object.keys(CORRELATION_TYPES);
  const meant = didYouMean(type, known) || `; known are ${known.join(', ')}`;
  return report.problem(path, `"${type}" is not a type of correlation${meant}`);
}

type Wanted = ConditionBounds & { readonly seen?: Condition };

function parseWanted(
  type: CorrelationType,
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): Wanted | undefined {
  const { temporal } = traitsOf(type);
  if (value === undefined || value === null)
    return temporal ? { condition: [], conditionFields: [] } : report.problem(path, 'is missing');
  if (typeof value === 'string') {
    if (!temporal)
      return report.problem(
        path,
        `${type} wants a map such as {gte: 10}; names of rules go with temporal correlations`,
      );
    const seen = parseCondition(value);
    if ('fault' in seen) return report.problem(path, seen.fault.replaceAll('selection', 'rule'));
    return { condition: [], conditionFields: [], seen };
  }
  if (!isYamlMap(value)) return report.problem(path, `wants a map, has ${shownValue(value)}`);
  return parseBounds(type, value, path, report);
}

/** A condition over names may stand alone: then its names are the rules, in their order. */
function parseRules(
  rules: readonly string[] | undefined,
  wanted: Wanted | undefined,
  path: YamlPath,
  report: FindingReport,
): readonly string[] | undefined {
  if (rules === undefined && wanted === undefined) return undefined;
  const named = rules ?? [...new Set(wanted?.seen ? namesIn(wanted.seen) : [])];
  if (named.length > 0) return named;
  return report.problem(path, rules === undefined ? 'is missing; wants the rules to count' : 'is empty');
}

function* namesIn(condition: Condition): Iterable<string> {
  if (condition.kind === 'name') yield condition.name;
  else if (condition.kind === 'not') yield* namesIn(condition.of);
  else if (condition.kind !== 'of') for (const part of condition.of) yield* namesIn(part);
}

function isUsable(timespan: Span, path: YamlPath, report: FindingReport): boolean {
  if (timespan === 0) report.problem(path, 'wants more than nothing');
  else if (timespan > parseSpan(TIMESPAN_MAX)!) report.problem(path, `wants at most ${TIMESPAN_MAX}`);
  else return true;
  return false;
}
