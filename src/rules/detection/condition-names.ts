import { didYouMean } from '../../lib/nearest.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { type Condition, namesMeantBy } from './condition-grammar.ts';
import { allOf, anyOf, type Expression } from './expression.ts';

/** Replaces the names in a condition by selections. An undefined selection was reported. */
export class SelectionNames {
  readonly #selections: ReadonlyMap<string, Expression | undefined>;
  readonly #used = new Set<string>();
  /** Whether a name was reported: then a selection that seems unused may be meant. */
  #misnamed = false;

  constructor(selections: ReadonlyMap<string, Expression | undefined>) {
    this.#selections = selections;
  }

  resolve(condition: Condition, path: YamlPath, report: FindingReport): Expression | undefined {
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
      this.#misnamed = true;
      return report.problem(
        path,
        `"${condition.name}" is no selection${didYouMean(condition.name, this.#selections.keys())}`,
      );
    }
    this.#used.add(condition.name);
    return this.#selections.get(condition.name);
  }

  #resolveOf(
    { quantifier, pattern }: Condition & { kind: 'of' },
    path: YamlPath,
    report: FindingReport,
  ): Expression | undefined {
    const names = [...this.#selections.keys()].filter(namesMeantBy(pattern));
    if (names.length === 0) {
      this.#misnamed = true;
      return report.problem(path, `no selection matches "${pattern === '*' ? 'them' : pattern}"`);
    }
    for (const name of names) this.#used.add(name);
    return join(
      quantifier,
      names.map((name) => this.#selections.get(name)),
    );
  }

  warnUnused(path: YamlPath, report: FindingReport): void {
    if (this.#misnamed) return;
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
