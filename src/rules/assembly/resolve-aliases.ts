import { didYouMean } from '../../lib/nearest.ts';
import type { Rule } from '../../model/rule.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { warnOfUnknownField } from './known-fields.ts';
import type { ResolvedCorrelation, RuleInput } from './resolve-inputs.ts';

/** The input that a name or an id stands for in a correlation. */
export function inputNamed(name: string, inputs: readonly RuleInput[]): RuleInput | undefined {
  return inputs.find(
    ({ reference, id, document }) => reference === name || id === name || document.head.name === name,
  );
}

/** How a correlation's inputs may be named, for suggestions. */
export function namesOf(inputs: readonly RuleInput[]): readonly string[] {
  return [
    ...new Set(inputs.flatMap(({ reference, document }) => [reference, document.head.name ?? reference])),
  ];
}

/** A correlation's aliases by input's id, in one order of aliases and inputs. undefined after a report. */
export function resolveAliases({ document, inputs }: ResolvedCorrelation): Rule['aliases'] | undefined {
  const { correlation, report } = document;
  let valid = true;
  const resolved = Object.entries(correlation.aliases).map(([alias, given]) => {
    const path = ['correlation', 'aliases', alias];
    const fields = new Map<string, string>();
    for (const [reference, field] of Object.entries(given)) {
      const at = [...path, reference];
      const input = inputNamed(reference, inputs);
      if (input === undefined)
        report.problem(at, `"${reference}" is not among the rules${didYouMean(reference, namesOf(inputs))}`);
      else if (fields.has(input.id)) report.problem(at, 'this rule has a field already, under another name');
      valid &&= input !== undefined && !fields.has(input.id);
      if (input !== undefined) fields.set(input.id, field);
      warnOfUnknownField(field, at, report);
    }
    const missing = inputs.filter(({ id }) => !fields.has(id)).map(({ reference }) => reference);
    if (missing.length > 0)
      report.problem(path, `does not say which field it is in ${missing.join(' and ')}`);
    valid &&= missing.length === 0;
    const inOrder = inputs.map(({ id }) => [id, fields.get(id)!] as const);
    return [alias, Object.fromEntries(inOrder)] as const;
  });
  if (!valid) return undefined;
  return Object.fromEntries(resolved.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `names`: the names that the rule, and the correlations that count it, use. */
export function lintUnusedAliases(
  aliases: Rule['aliases'],
  names: readonly string[],
  report: FindingReport,
): void {
  for (const alias of Object.keys(aliases))
    if (!names.includes(alias))
      report.lint(['correlation', 'aliases', alias], 'is not used: group-by does not name it');
}
