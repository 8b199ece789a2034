import type { Path } from '../lib/yaml.ts';
import { allOf, anyOf, type Expression, type TextTest } from './expression.ts';
import { chainFault, MODIFIERS, type Modifier, makeTest } from './modifiers.ts';
import type { Report } from './report.ts';
import { hint, show } from './shapes.ts';

/** One named selection: a map (all of its items) or a list of maps (any of them). undefined after a report. */
export function parseSelection(value: unknown, path: Path, report: Report): Expression | undefined {
  if (Array.isArray(value)) {
    if (value.length === 0) return report.problem(path, 'is empty');
    if (value.some(isScalar)) return report.unsupported(path, 'keywords');
    const parts = value.map((part, i) => parseMap(part, [...path, i], report));
    return parts.every((part) => part !== undefined) ? anyOf(parts) : undefined;
  }
  if (value !== null && isScalar(value)) return report.unsupported(path, 'keywords');
  return parseMap(value, path, report);
}

function parseMap(value: unknown, path: Path, report: Report): Expression | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return report.problem(path, `wants a map of fields, has ${show(value)}`);
  const items = Object.entries(value);
  if (items.length === 0) return report.problem(path, 'is empty');
  const parts = items.map(([key, wanted]) => parseItem(key, wanted, [...path, key], report));
  return parts.every((part) => part !== undefined) ? allOf(parts) : undefined;
}

/** `field|modifier|modifier: value or values`. */
function parseItem(key: string, value: unknown, path: Path, report: Report): Expression | undefined {
  const [field = '', ...words] = key.split('|');
  if (field === '') return report.unsupported(path, 'keywords');
  if (/[[\]]/.test(field)) return report.unsupported(path, `array blocks (${field})`);
  const modifiers = parseModifiers(words, path, report);
  if (modifiers === undefined) return undefined;
  if (value === null || value === undefined) {
    if (modifiers.length > 0) return report.problem(path, 'null goes with no modifier');
    return { kind: 'null', field };
  }
  const tests = parseValues(value, modifiers, path, report);
  if (tests === undefined) return undefined;
  if (!modifiers.includes('all')) return { kind: 'field', field, any: tests };
  if (tests.length === 1) report.warn(path, 'all has only one value');
  return allOf(tests.map((test) => ({ kind: 'field', field, any: [test] })));
}

function parseModifiers(
  words: readonly string[],
  path: Path,
  report: Report,
): readonly Modifier[] | undefined {
  let good = true;
  for (const word of words) {
    if (!Object.hasOwn(MODIFIERS, word))
      report.problem(path, `"${word}" is not a modifier${hint(word, Object.keys(MODIFIERS))}`);
    else if (MODIFIERS[word as Modifier] === false) report.unsupported(path, `the modifier ${word}`);
    else continue;
    good = false;
  }
  if (!good) return undefined;
  const modifiers = words as readonly Modifier[];
  const fault = chainFault(modifiers);
  return fault === undefined ? modifiers : report.problem(path, fault);
}

function parseValues(
  value: unknown,
  modifiers: readonly Modifier[],
  path: Path,
  report: Report,
): readonly TextTest[] | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) return report.problem(path, 'wants at least one value');
  const tests: TextTest[] = [];
  for (const [i, one] of values.entries()) {
    const at = Array.isArray(value) ? [...path, i] : path;
    const test = isScalar(one) && one !== null ? makeTest(String(one), modifiers) : { fault: notAValue(one) };
    if ('fault' in test) report.problem(at, test.fault);
    else tests.push(test);
  }
  return tests.length === values.length ? tests : undefined;
}

function notAValue(value: unknown): string {
  return value === null
    ? 'null cannot be part of a list'
    : `wants a text, a number or a boolean, has ${show(value)}`;
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
