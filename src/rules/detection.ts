import type { Path } from '../lib/yaml.ts';
import { type Condition, parseCondition } from './condition.ts';
import { allOf, anyOf, type Expression } from './expression.ts';
import { parsePattern, patternTest } from './pattern.ts';
import type { Report } from './report.ts';
import { parseSelection } from './selection.ts';
import { hint, show } from './shapes.ts';

export interface Detection {
  readonly expression: Expression;
  /** Whether its condition says `not` anywhere. */
  readonly negates: boolean;
}

/** Keys of a detection that are no selection. */
const OWN_KEYS: ReadonlySet<string> = new Set(['condition', 'timeframe']);

/**
 * A map of named selections and a condition over them, as rules, filters and result filters have it.
 * `besides`: keys of the block that belong to somebody else. undefined after a report.
 */
export function parseDetection(
  block: unknown,
  path: Path,
  report: Report,
  besides: readonly string[] = [],
): Detection | undefined {
  if (typeof block !== 'object' || block === null || Array.isArray(block)) {
    report.problem(path, `wants a map of selections and a condition, has ${show(block)}`);
    return undefined;
  }
  const entries = new Map(Object.entries(block));
  if (entries.has('timeframe')) report.unsupported([...path, 'timeframe'], 'timeframe');
  const selections = new Map<string, Expression | undefined>();
  for (const [name, value] of entries) {
    if (OWN_KEYS.has(name) || besides.includes(name)) continue;
    selections.set(name, parseSelection(value, [...path, name], report));
  }
  if (selections.size === 0) report.problem(path, 'has no selection');
  const names = new Names(selections);
  const conditions = parseConditions(entries.get('condition'), [...path, 'condition'], report);
  const parts = conditions?.map(({ condition, at }) => names.resolve(condition, at, report));
  if (parts !== undefined) names.warnUnused(path, report);
  if (entries.has('timeframe') || !parts?.every((part) => part !== undefined)) return undefined;
  return {
    expression: anyOf(parts),
    negates: conditions?.some(({ condition }) => negates(condition)) ?? false,
  };
}

interface Placed {
  readonly condition: Condition;
  readonly at: Path;
}

/** A list of conditions holds where any of them does. */
function parseConditions(value: unknown, path: Path, report: Report): readonly Placed[] | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const placed: Placed[] = [];
  texts.forEach((text, i) => {
    const at = Array.isArray(value) ? [...path, i] : path;
    if (typeof text !== 'string') {
      report.problem(at, text === undefined ? 'is missing' : `wants a condition, has ${show(text)}`);
      return;
    }
    const condition = parseCondition(text);
    if ('fault' in condition) report.problem(at, condition.fault);
    else placed.push({ condition, at });
  });
  if (texts.length === 0) report.problem(path, 'is empty');
  return placed.length === texts.length && placed.length > 0 ? placed : undefined;
}

/** Puts selections in the place of their names. */
class Names {
  readonly #selections: ReadonlyMap<string, Expression | undefined>;
  readonly #used = new Set<string>();

  constructor(selections: ReadonlyMap<string, Expression | undefined>) {
    this.#selections = selections;
  }

  resolve(condition: Condition, path: Path, report: Report): Expression | undefined {
    if (condition.kind === 'not') {
      const of = this.resolve(condition.of, path, report);
      return of && { kind: 'not', of };
    }
    if (condition.kind === 'all' || condition.kind === 'any')
      return join(
        condition.kind,
        condition.of.map((part) => this.resolve(part, path, report)),
      );
    if (condition.kind === 'of') return this.#resolveOf(condition, path, report);
    if (!this.#selections.has(condition.name)) {
      report.problem(
        path,
        `"${condition.name}" is no selection${hint(condition.name, this.#selections.keys())}`,
      );
      return undefined;
    }
    this.#used.add(condition.name);
    return this.#selections.get(condition.name);
  }

  #resolveOf(
    { quantifier, pattern }: Condition & { kind: 'of' },
    path: Path,
    report: Report,
  ): Expression | undefined {
    const fits = patternTest(parsePattern(pattern));
    const names = [...this.#selections.keys()].filter(
      (name) => fits(name) && (pattern.startsWith('_') || !name.startsWith('_')),
    );
    if (names.length === 0) {
      report.problem(path, `no selection matches "${pattern === '*' ? 'them' : pattern}"`);
      return undefined;
    }
    for (const name of names) this.#used.add(name);
    return join(
      quantifier,
      names.map((name) => this.#selections.get(name)),
    );
  }

  warnUnused(path: Path, report: Report): void {
    for (const name of this.#selections.keys()) {
      if (!this.#used.has(name) && !name.startsWith('_'))
        report.warn([...path, name], 'no condition uses this selection');
    }
  }
}

function join(kind: 'all' | 'any', parts: readonly (Expression | undefined)[]): Expression | undefined {
  if (!parts.every((part) => part !== undefined)) return undefined;
  return kind === 'all' ? allOf(parts) : anyOf(parts);
}

function negates(condition: Condition): boolean {
  if (condition.kind === 'not') return true;
  return (condition.kind === 'all' || condition.kind === 'any') && condition.of.some(negates);
}
