import { didYouMean } from '../../lib/nearest.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { Bound } from '../../model/rule.ts';
import { number, textOrTexts, wholeNumber } from '../../schema/shapes.ts';
import { isSilence } from '../../semantics/silence.ts';
import { checkValue } from '../source/check-value.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { type CorrelationType, traitsOf } from './correlation-types.ts';

/** A correlation's `condition:` that is a map. */
export interface ConditionBounds {
  /** One, or a lower and an upper one, in this order. */
  readonly condition: readonly Bound[];
  readonly conditionFields: readonly string[];
  readonly percentile?: number;
}

/** In the order in which bounds are kept: lower ones first. */
const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const satisfies readonly Bound['op'][];
const LOWER: ReadonlySet<string> = new Set(['gt', 'gte']);
const UPPER: ReadonlySet<string> = new Set(['lt', 'lte']);
const OTHER_KEYS = ['field', 'percentile'];

const fields = textOrTexts('a field, or a list of fields', 1);

/** The map of a condition. undefined after a report. */
export function parseBounds(
  type: CorrelationType,
  value: object,
  path: YamlPath,
  report: FindingReport,
): ConditionBounds | undefined {
  const given = new Map<string, unknown>(Object.entries(value));
  const unknown = [...given.keys()].filter(
    (key) => !(OPERATORS as readonly string[]).includes(key) && !OTHER_KEYS.includes(key),
  );
  for (const key of unknown)
    report.problem([...path, key], `is not a condition${didYouMean(key, [...OPERATORS, ...OTHER_KEYS])}`);
  const bounded = OPERATORS.some((op) => given.has(op));
  if (!bounded && unknown.length === 0)
    report.problem(path, `has no bound; wants one of ${OPERATORS.join(', ')}`);
  const condition = bounded ? boundsIn(type, given, path, report) : undefined;
  const conditionFields = fieldsIn(type, given.get('field'), [...path, 'field'], report);
  const percentile = percentileIn(type, given.get('percentile'), [...path, 'percentile'], report);
  if (unknown.length > 0 || !condition || !conditionFields || percentile === undefined) return undefined;
  return { condition, conditionFields, ...(percentile === 'none' ? {} : { percentile }) };
}

/** Why no group can ever meet these bounds, or undefined where one can. */
function neverHolds(type: CorrelationType, condition: readonly Bound[]): string | undefined {
  if (isSilence({ kind: type, condition })) return undefined;
  const { figure, least } = traitsOf(type);
  const step = figure === 'count' ? 1 : 0;
  let [low, high] = [least, Number.POSITIVE_INFINITY];
  let open = false;
  for (const { op, value } of condition) {
    if (op === 'gt') low = Math.max(low, value + step);
    if (op === 'lt') high = Math.min(high, value - step);
    if (op === 'gte' || op === 'eq') low = Math.max(low, value);
    if (op === 'lte' || op === 'eq') high = Math.min(high, value);
    if (step === 0 && (op === 'gt' || op === 'lt')) open = true;
  }
  if (low < high || (low === high && !open)) return undefined;
  const text = condition.map(({ op, value }) => `${op} ${value}`).join(' and ');
  return condition.length > 1
    ? `${text} can never hold together`
    : `${text} can never hold: a group without hits does not exist`;
}

function boundsIn(
  type: CorrelationType,
  given: ReadonlyMap<string, unknown>,
  path: YamlPath,
  report: FindingReport,
): readonly Bound[] | undefined {
  const ops = OPERATORS.filter((op) => given.has(op));
  if (ops.length > 1 && !(ops.length === 2 && LOWER.has(ops[0]!) && UPPER.has(ops[1]!)))
    return report.problem(
      path,
      `wants one bound, or a lower one (gt, gte) and an upper one (lt, lte); has ${ops.join(' and ')}`,
    );
  const bounds: Bound[] = [];
  for (const op of ops) {
    const shape = traitsOf(type).figure === 'count' ? wholeNumber(op === 'gte' ? 1 : 0) : number();
    const value = checkValue(shape, given.get(op), [...path, op], report);
    if (value !== undefined) bounds.push({ op, value });
  }
  if (bounds.length < ops.length) return undefined;
  const why = neverHolds(type, bounds);
  return why === undefined ? bounds : report.problem(path, why);
}

function fieldsIn(
  type: CorrelationType,
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): readonly string[] | undefined {
  const wanted = traitsOf(type).fields;
  if (wanted === 'none')
    return value === undefined
      ? []
      : report.problem(path, `is only for types that use values, not for ${type}`);
  if (value === undefined)
    return report.problem(path, `is missing; ${type} wants the field whose values it uses`);
  const found = checkValue(fields, value, path, report);
  if (found === undefined) return undefined;
  const distinct = [...new Set(found)];
  if (wanted === 'one' && distinct.length > 1)
    return report.problem(path, `${type} uses one field; only value_count takes several`);
  return distinct;
}

/** 'none' for a type without a percentile. */
function percentileIn(
  type: CorrelationType,
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): number | 'none' | undefined {
  if (traitsOf(type).percentile) return checkValue(wholeNumber(0, 100), value, path, report);
  return value === undefined ? 'none' : report.problem(path, `is only for value_percentile, not for ${type}`);
}
