import { z } from 'zod';
import type { Path } from '../lib/yaml.ts';
import type { Bound } from '../model/rule.ts';
import type { Span } from '../model/time.ts';
import type { Report } from './report.ts';
import { check, closed, flag, hint, name, show, span, whole } from './shapes.ts';

export interface Correlation {
  readonly type: 'event_count';
  /** Ids or names, as written. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  readonly timespan: Span;
  readonly condition: readonly Bound[];
  /** True: the rules it counts also fire by themselves. */
  readonly generate: boolean;
}

const oneOrMore = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.array(name, { error: 'wants a list of texts' }).min(1, 'is empty'),
);

const SHAPE = closed({
  type: name,
  rules: oneOrMore,
  'group-by': oneOrMore.default([]),
  timespan: span,
  condition: z.unknown().optional(),
  aliases: z.unknown().optional(),
  generate: flag.default(false),
});

const TYPES = ['event_count'];
const LATER_TYPES = [
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
];
const LATER_OPERATORS = ['lt', 'lte', 'eq', 'neq'];
const LEAST = { gt: 0, gte: 1 } as const;

/** The `correlation:` block. undefined after a report. */
export function parseCorrelation(value: unknown, path: Path, report: Report): Correlation | undefined {
  const shape = check(SHAPE, value, path, report);
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const typed = parseType(given['type'], [...path, 'type'], report);
  const condition = typed ? parseBounds(given['condition'], [...path, 'condition'], report) : undefined;
  const aliased = given['aliases'] !== undefined && Object.keys(given['aliases'] ?? {}).length > 0;
  if (aliased) report.unsupported([...path, 'aliases'], 'aliases');
  if (shape !== undefined && shape.timespan === 0)
    report.problem([...path, 'timespan'], 'wants more than nothing');
  if (!shape || !typed || !condition || aliased || shape.timespan === 0) return undefined;
  return {
    type: 'event_count',
    rules: shape.rules,
    groupBy: shape['group-by'],
    timespan: shape.timespan,
    condition,
    generate: shape.generate,
  };
}

function parseType(type: unknown, path: Path, report: Report): boolean {
  if (typeof type !== 'string' || TYPES.includes(type)) return typeof type === 'string';
  if (LATER_TYPES.includes(type)) report.unsupported(path, `correlations of type ${type}`);
  else
    report.problem(path, `"${type}" is not a type of correlation${hint(type, [...TYPES, ...LATER_TYPES])}`);
  return false;
}

function parseBounds(value: unknown, path: Path, report: Report): readonly Bound[] | undefined {
  if (typeof value === 'string') return report.unsupported(path, 'conditions written as text');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return report.problem(path, value === undefined ? 'is missing' : `wants a map, has ${show(value)}`);
  const entries = Object.entries(value);
  for (const [key] of entries) {
    if (Object.hasOwn(LEAST, key)) continue;
    const at = [...path, key];
    if (LATER_OPERATORS.includes(key)) return report.unsupported(at, `the condition ${key}`);
    if (key === 'field') return report.problem(at, 'goes with other types than event_count');
    return report.problem(at, `is not a condition${hint(key, [...Object.keys(LEAST), ...LATER_OPERATORS])}`);
  }
  if (entries.length > 1) return report.unsupported(path, 'conditions that are a range');
  const [first] = entries;
  if (first === undefined) return report.problem(path, 'is empty; wants gt or gte');
  const op = first[0] as keyof typeof LEAST;
  const bound = check(whole(LEAST[op]), first[1], [...path, op], report);
  return bound === undefined ? undefined : [{ op, value: bound }];
}
