import type { Path } from '../lib/yaml.ts';
import { allOf, anyOf, type Expression, type TextTest } from './expression.ts';
import { chainFault, MODIFIERS, type Modifier, makeTest } from './modifiers.ts';
import type { Report } from './report.ts';
import { hint, show } from './shapes.ts';

/** One named selection: a map (all of its items) or a list of maps (any of them). undefined after a report. */
export function parseSelection(value: unknown, path: Path, report: Report): Expression | undefined {
  if (Array.isArray(value)) {
    if (value.length === 0) return fail(report, path, 'is empty');
    if (value.some(isScalar)) return refuse(report, path, 'keywords');
    const parts = value.map((part, i) => parseMap(part, [...path, i], report));
    return parts.every((part) => part !== undefined) ? anyOf(parts) : undefined;
  }
  if (value !== null && isScalar(value)) return refuse(report, path, 'keywords');
  return parseMap(value, path, report);
}

function parseMap(value: unknown, path: Path, report: Report): Expression | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail(report, path, `wants a map of fields, has ${show(value)}`);
  const items = Object.entries(value);
  if (items.length === 0) return fail(report, path, 'is empty');
  const parts = items.map(([key, wanted]) => parseItem(key, wanted, [...path, key], report));
  return parts.every((part) => part !== undefined) ? allOf(parts) : undefined;
}

/** `field|modifier|modifier: value or values`. */
function parseItem(key: string, value: unknown, path: Path, report: Report): Expression | undefined {
  const [field = '', ...words] = key.split('|');
  if (field === '') return refuse(report, path, 'keywords');
  if (/[[\]]/.test(field)) return refuse(report, path, `array blocks (${field})`);
  const modifiers = parseModifiers(words, path, report);
  if (modifiers === undefined) return undefined;
  if (value === null || value === undefined) {
    if (modifiers.length > 0) return fail(report, path, 'null goes with no modifier');
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
  return fault === undefined ? modifiers : fail(report, path, fault);
}

function parseValues(
  value: unknown,
  modifiers: readonly Modifier[],
  path: Path,
  report: Report,
): readonly TextTest[] | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) return fail(report, path, 'wants at least one value');
  const tests: TextTest[] = [];
  values.forEach((one, i) => {
    const at = Array.isArray(value) ? [...path, i] : path;
    if (one === null) return fail(report, at, 'null cannot be part of a list');
    if (!isScalar(one)) return fail(report, at, `wants a text, a number or a boolean, has ${show(one)}`);
    const test = makeTest(String(one), modifiers);
    if ('fault' in test) return fail(report, at, test.fault);
    tests.push(test);
  });
  return tests.length === values.length ? tests : undefined;
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function fail(report: Report, path: Path, message: string): undefined {
  report.problem(path, message);
}

function refuse(report: Report, path: Path, thing: string): undefined {
  report.unsupported(path, thing);
}
