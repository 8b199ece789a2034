import { digest } from '../../lib/digest.ts';
import { atOnce, type Steps } from '../../lib/steps.ts';
import type { FieldNeed, FieldPlan } from '../../model/event.ts';
import { PACKS } from '../../model/packs.ts';
import type { Rule } from '../../model/rule.ts';
import { askedFields } from '../detection/expression.ts';
import { Catalog } from '../document/catalog.ts';
import type { SigmaDocument } from '../document/document.ts';
import { lintStage, lintTitles } from '../document/lints.ts';
import { readDocuments } from '../document/read-documents.ts';
import { type CompiledMatcher, compileMatcher, fieldNeeds } from '../matching/matcher.ts';
import type { ProfileFile, RuleFile } from '../source/files.ts';
import { Findings, type Problem } from '../source/findings.ts';
import { type Lists, listsOver, NO_LISTS, partOfLists, warnOfUnusedLists } from '../source/value-lists.ts';
import { type Off, tuned } from '../tuning/apply-overrides.ts';
import { assemble } from './assemble-rules.ts';
import { type BaseRule, baseRules } from './base-rules.ts';
import { warnOfUnknownField } from './known-fields.ts';
import { withResultFilters } from './result-filters.ts';

export type { Problem } from '../source/findings.ts';
export type { Off } from '../tuning/apply-overrides.ts';

/** Rules that were found good together. */
export interface RuleSet {
  /** Those that can fire. */
  readonly rules: readonly Rule[];
  /** Fields of the reader that matching needs; derived fields are not among them. */
  readonly needs: readonly FieldNeed[];
  /** What is likely wrong and changes what fires: `serve` logs it at its start. */
  readonly warnings: readonly Problem[];
  /** Style and likely slips, for people who write rules. */
  readonly lints: readonly Problem[];
  /** What was done with a rule without a fault of its author: fields that were mapped. */
  readonly notes: readonly Problem[];
  /** What matches single events, with the filters that name it: for lists and explanations. */
  readonly bases: readonly BaseRule[];
  /** Everything that was read, with the overrides applied; those in `off` too. */
  readonly documents: readonly SigmaDocument[];
  readonly off: readonly Off[];
  /** Of all that decides what fires and what a risk event says: equal hashes are equal sets. */
  readonly hash: string;
  /** `plan` must hold all `needs`. */
  compile(plan: FieldPlan): CompiledMatcher;
}

/** What is wrong, and whatever else was found in the same files. */
export interface Refusal {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly lints: readonly Problem[];
  readonly notes: readonly Problem[];
}

/** What a user says about rules without writing them. */
export interface RuleOptions {
  /** By id, name or title of a rule, a Sigma detection over its result row. */
  readonly resultFilters?: Readonly<Record<string, unknown>>;
  /** What `|expand` puts in the place of `%name%`: the defaults of the packs. */
  readonly lists?: Lists;
  /** Lists that go before those of the same name in `lists`. */
  readonly userLists?: Lists;
  /** Overrides that ship with packs, in order; they go before `overrides`. */
  readonly profiles?: readonly ProfileFile[];
  /** `rules.overrides` as the configuration has it. */
  readonly overrides?: readonly unknown[];
  /** Some of what was asked for could not be had: only what is wrong without regard to it is told. */
  readonly lacking?: boolean;
}

/**
 * All rules of all files, or everything that is wrong with any of them.
 */
export function loadRules(
  files: readonly RuleFile[],
  options: RuleOptions = {},
): { readonly ruleSet: RuleSet } | Refusal {
  return atOnce(loadingRules(files, options));
}

/** The same in steps. */
export function* loadingRules(
  files: readonly RuleFile[],
  options: RuleOptions = {},
): Steps<{ readonly ruleSet: RuleSet } | Refusal> {
  const {
    resultFilters = {},
    userLists = NO_LISTS,
    profiles = [],
    overrides = [],
    lacking = false,
  } = options;
  const findings = new Findings();
  const known = listsOver(options.lists ?? NO_LISTS, userLists);
  const lists = lacking ? partOfLists(known) : known;
  const each: ReturnType<typeof readDocuments>[number][] = [];
  for (const file of files) {
    each.push(...readDocuments(file, findings, lists));
    yield;
  }
  const read = new Catalog(each, undefined, lacking);
  const { catalog, documents, off } = tuned(read, { profiles, overrides }, findings);
  const bases = baseRules(catalog);
  yield;
  const rules = withResultFilters(assemble(catalog, bases), resultFilters, catalog, findings, lists);
  yield;
  warn(files, documents, bases, findings);
  warnOfUnusedLists(userLists, files, findings);
  lintTitles(documents);
  const { problems, warnings, lints, notes } = findings;
  if (problems.length > 0) return { problems, warnings, lints, notes };
  yield;
  return {
    ruleSet: {
      rules,
      bases,
      needs: fieldNeeds(bases),
      warnings,
      lints,
      notes,
      documents,
      off,
      hash: hashOf(rules, bases, resultFilters),
      compile: (plan) => compileMatcher(bases, plan),
    },
  };
}

/** Where a rule stands decides nothing; nor does the order in which files were read. */
function hashOf(rules: readonly Rule[], bases: readonly BaseRule[], resultFilters: unknown): string {
  const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);
  return digest([
    rules.toSorted(byId).map(({ source: _, ...rule }) => rule),
    bases.toSorted(byId).map(({ id, expression }) => [id, expression]),
    resultFilters,
  ]);
}

function warn(
  files: readonly RuleFile[],
  documents: readonly SigmaDocument[],
  bases: readonly BaseRule[],
  findings: Findings,
): void {
  for (const { document } of bases) lintStage(document, document.report);
  for (const { document, expression } of bases) {
    // The fields of array blocks are those of whatever the arrays hold.
    const asked = [...askedFields(expression)].filter(({ within }) => within === undefined);
    const fields = new Set(asked.map(({ field }) => field));
    for (const field of fields) warnOfUnknownField(field, ['detection'], document.report);
  }
  const others = documents.filter((document) => document.kind === 'base' && document.foreign !== undefined);
  if (others.length > 0)
    findings.warnings.push({
      where: others[0]!.source,
      message: `${others.length === 1 ? 'is a rule' : `the first of ${others.length} rules`} about other logs, which stay off; rules check tells more`,
      inShort: true,
    });
  if (PACKS.every((pack) => files.some((file) => file.ruleset === pack)))
    findings.warnings.push({
      where: 'rules.packs',
      message: `${PACKS.join(' and ')} are both loaded: they score the same behaviour twice`,
    });
}
