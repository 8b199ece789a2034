import { didYouMean } from '../../lib/nearest.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { Seen } from '../../model/rule.ts';
import { holds } from '../../semantics/condition.ts';
import { type Condition, namesMeantBy } from '../detection/condition-grammar.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { inputNamed, namesOf } from './resolve-aliases.ts';
import type { RuleInput } from './resolve-inputs.ts';

/** For more rules, no search for a condition that can never hold: it takes two to the power of the number of rules steps. */
const SEARCHED_INPUTS_MAX = 12;

/**
 * A temporal correlation's condition over the names of its rules, in one normal form: `not` before single rules only,
 * nothing twice, parts in one order. undefined after a report.
 */
export function resolveInputCondition(
  condition: Condition,
  inputs: readonly RuleInput[],
  path: YamlPath,
  report: FindingReport,
): Seen | undefined {
  const seen = normal(condition, false, inputs, path, report);
  if (seen === undefined) return undefined;
  const named = new Set(idsIn(seen));
  const unnamed = inputs.filter(({ id }) => !named.has(id)).map(({ reference }) => reference);
  if (unnamed.length > 0)
    return report.problem(path, `does not name ${unnamed.join(' and ')}, which the correlation counts`);
  if (holds(seen, new Set()))
    return report.problem(
      path,
      'is true without any match, but a group without hits does not exist; name a rule that must match',
    );
  if (!canHold(seen, [...named])) return report.problem(path, 'can never hold');
  return seen;
}

/** Whether the condition is just all of the inputs, as in a temporal correlation without a condition. */
export function wantsAllInputs(seen: Seen, inputs: number): boolean {
  if (seen.kind === 'input') return inputs === 1;
  return seen.kind === 'all' && seen.of.length === inputs && seen.of.every(({ kind }) => kind === 'input');
}

function normal(
  condition: Condition,
  negated: boolean,
  inputs: readonly RuleInput[],
  path: YamlPath,
  report: FindingReport,
): Seen | undefined {
  switch (condition.kind) {
    case 'not':
      return normal(condition.of, !negated, inputs, path, report);
    case 'all':
    case 'any': {
      const parts = condition.of.map((part) => normal(part, negated, inputs, path, report));
      return parts.every((part) => part !== undefined) ? joined(condition.kind, negated, parts) : undefined;
    }
    case 'of': {
      const fits = inputs.filter(({ reference, document }) =>
        namesMeantBy(condition.pattern)(document.head.name ?? reference),
      );
      const pattern = condition.pattern === '*' ? 'them' : condition.pattern;
      if (fits.length === 0) return report.problem(path, `no rule matches "${pattern}"`);
      return joined(
        condition.quantifier,
        negated,
        fits.map((input) => leaf(input, negated)),
      );
    }
    case 'name': {
      const input = inputNamed(condition.name, inputs);
      if (input !== undefined) return leaf(input, negated);
      return report.problem(
        path,
        `"${condition.name}" is not among the rules${didYouMean(condition.name, namesOf(inputs))}`,
      );
    }
  }
}

function leaf({ id }: RuleInput, negated: boolean): Seen {
  return negated ? { kind: 'not', of: { kind: 'input', id } } : { kind: 'input', id };
}

/** `not (a and b)` is `not a or not b`; the parts have been negated already. */
function joined(kind: 'all' | 'any', negated: boolean, parts: readonly Seen[]): Seen {
  const effective = negated ? (kind === 'all' ? 'any' : 'all') : kind;
  const flat = parts.flatMap((part) => (part.kind === effective ? part.of : [part]));
  const distinct = new Map(flat.map((part) => [JSON.stringify(part), part]));
  const of = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  return of.length === 1 ? of[0]! : { kind: effective, of };
}

function* idsIn(seen: Seen): Iterable<string> {
  if (seen.kind === 'input') yield seen.id;
  else if (seen.kind === 'not') yield* idsIn(seen.of);
  else for (const part of seen.of) yield* idsIn(part);
}

function canHold(seen: Seen, ids: readonly string[]): boolean {
  if (ids.length > SEARCHED_INPUTS_MAX) return true;
  for (let mask = 1; mask < 2 ** ids.length; mask++)
    if (holds(seen, new Set(ids.filter((_, i) => (mask >> i) & 1)))) return true;
  return false;
}
