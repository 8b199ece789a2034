import type { FieldNeed, FieldPlan } from '../model/event.ts';
import type { Matcher, Rule } from '../model/rule.ts';
import { assemble } from './assemble.ts';
import { type BaseRule, baseRules } from './base-rules.ts';
import { Catalog } from './catalog.ts';
import { fieldsOf } from './expression.ts';
import { PACKS, type RuleFile } from './files.ts';
import { warnOfUnknownField } from './known-fields.ts';
import { type Lists, NO_LISTS } from './lists.ts';
import { compileMatcher, fieldNeeds } from './matcher.ts';
import { readDocuments } from './read-documents.ts';
import { Findings, type Problem } from './report.ts';
import { withResultFilters } from './result-filters.ts';

export type { Problem } from './report.ts';

/** Rules that were found good together. */
export interface RuleSet {
  /** Those that can fire. */
  readonly rules: readonly Rule[];
  /** Fields of the reader that matching needs; derived fields are not among them. */
  readonly needs: readonly FieldNeed[];
  readonly warnings: readonly Problem[];
  /** What matches single events, with the filters that name it: for lists and explanations. */
  readonly bases: readonly BaseRule[];
  /** `plan` must hold all `needs`. */
  compile(plan: FieldPlan): Matcher;
}

/** What a user says about rules without writing them. */
export interface RuleOptions {
  /** By id, name or title of a rule, a Sigma detection over its result row. */
  readonly resultFilters?: Readonly<Record<string, unknown>>;
  /** What `|expand` puts in the place of `%name%`. */
  readonly lists?: Lists;
}

/**
 * All rules of all files, or everything that is wrong with any of them.
 */
export function loadRules(
  files: readonly RuleFile[],
  { resultFilters = {}, lists = NO_LISTS }: RuleOptions = {},
): { readonly ruleSet: RuleSet } | { readonly problems: readonly Problem[] } {
  const findings = new Findings();
  const catalog = new Catalog(files.flatMap((file) => readDocuments(file, findings, lists)));
  const bases = baseRules(catalog);
  const rules = withResultFilters(assemble(catalog, bases), resultFilters, catalog, findings);
  if (findings.problems.length > 0) return { problems: findings.problems };
  warn(files, bases, findings);
  return {
    ruleSet: {
      rules,
      bases,
      needs: fieldNeeds(bases),
      warnings: findings.warnings,
      compile: (plan) => compileMatcher(bases, plan),
    },
  };
}

function warn(files: readonly RuleFile[], bases: readonly BaseRule[], findings: Findings): void {
  for (const { document, expression } of bases) {
    const fields = new Set([...fieldsOf(expression)].map(({ field }) => field));
    for (const field of fields) warnOfUnknownField(field, ['detection'], document.report);
  }
  if (PACKS.every((pack) => files.some((file) => file.ruleset === pack)))
    findings.warnings.push({
      where: 'rules.packs',
      message: `${PACKS.join(' and ')} are both loaded: they score the same behaviour twice`,
    });
}
