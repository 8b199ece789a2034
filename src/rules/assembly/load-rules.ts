import { digesting } from '../../lib/digest.ts';
import { atOnce, type Steps } from '../../lib/steps.ts';
import type { FieldNeed, FieldPlan } from '../../model/event.ts';
import { PACKS } from '../../model/packs.ts';
import type { Rule } from '../../model/rule.ts';
import { condensing } from '../detection/condensed.ts';
import { askedFields } from '../detection/expression.ts';
import { Catalog } from '../document/catalog.ts';
import type { BrokenDocument, SigmaDocument } from '../document/document.ts';
import { lintStage, lintTitles } from '../document/lints.ts';
import { asBroken, readingDocuments } from '../document/read-documents.ts';
import { type CompiledMatcher, compilingMatcher, findingNeeds } from '../matching/matcher.ts';
import type { ProfileFile, RuleFile } from '../source/files.ts';
import { type Problem, RuleFindings } from '../source/rule-findings.ts';
import {
  incompleteLists,
  type Lists,
  listNamesIn,
  mergedLists,
  NO_LISTS,
  warnOfUnusedLists,
} from '../source/value-lists.ts';
import { applyOverrides, type OffRule } from '../tuning/apply-overrides.ts';
import { assemblingRules } from './assemble-rules.ts';
import { type BaseRule, baseRules } from './base-rules.ts';
import { reportDependent } from './dependent-rules.ts';
import { warnOfUnknownField } from './known-fields.ts';
import { addingResultFilters } from './result-filters.ts';

export type { Problem } from '../source/rule-findings.ts';
export type { OffRule as Off } from '../tuning/apply-overrides.ts';

/** Rules that were loaded together, without problems. */
export interface RuleSet {
  /** Those that can fire. */
  readonly rules: readonly Rule[];
  /** Fields that the reader must read for matching; derived fields are not among them. */
  readonly needs: readonly FieldNeed[];
  /** Likely mistakes that change what fires: `serve` logs them at its start. */
  readonly warnings: readonly Problem[];
  /** Style and likely mistakes, for people who write rules. */
  readonly lints: readonly Problem[];
  /** What was done with a rule and is no mistake of its author: fields that were mapped. */
  readonly notes: readonly Problem[];
  /** Base rules with their filters: for lists and explanations. */
  readonly bases: readonly BaseRule[];
  /** All documents with the overrides applied; those in `off` too. */
  readonly documents: readonly SigmaDocument[];
  readonly off: readonly OffRule[];
  /** What was left out because of an error; always empty unless the rules were loaded with `loadingValidRules`. */
  readonly leftOut: readonly Problem[];
  /** A hash of everything that decides what fires and what a risk event says: equal hashes mean equal sets. */
  readonly hash: string;
  /** `plan` must hold all `needs`. */
  compiling(plan: FieldPlan): Steps<CompiledMatcher>;
}

/** All problems, and the other findings in the same files. */
export interface Refusal {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly lints: readonly Problem[];
  readonly notes: readonly Problem[];
}

/** What the configuration says about rules. */
export interface RuleOptions {
  /** By id, name or title of a rule, a Sigma detection over its result row. */
  readonly resultFilters?: Readonly<Record<string, unknown>>;
  /** Values for `%name%` under the modifier `expand`: the lists of the packs. */
  readonly lists?: Lists;
  /** Lists that replace those of the same name in `lists`. */
  readonly userLists?: Lists;
  /** Overrides that ship with packs, in order; they apply before `overrides`. */
  readonly profiles?: readonly ProfileFile[];
  /** `rules.overrides` as the configuration has it. */
  readonly overrides?: readonly unknown[];
  /** Some files or lists could not be read: an unknown name is then not an error. */
  readonly incomplete?: boolean;
  /**
   * Documents, by their file:line, that are left out. What depends on them is then reported. Only names of rules may be
   * `incomplete` then, not those of lists.
   */
  readonly without?: ReadonlySet<string>;
}

/** All rules of all files, or all problems of all of them. */
export function loadRules(
  files: readonly RuleFile[],
  options: RuleOptions = {},
): { readonly ruleSet: RuleSet } | Refusal {
  return atOnce(loadingRules(files, options));
}

const NOTHING: ReadonlySet<string> = new Set();

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
    incomplete: lacking = false,
    without,
  } = options;
  const findings = new RuleFindings();
  const known = mergedLists(options.lists ?? NO_LISTS, userLists);
  const lists = lacking && without === undefined ? incompleteLists(known) : known;
  const each: (SigmaDocument | BrokenDocument)[] = [];
  for (const file of files) {
    for (const document of yield* readingDocuments(file, findings, lists)) {
      const isOut = document.kind !== 'broken' && without?.has(document.source);
      each.push(isOut ? asBroken(document) : document);
    }
    yield;
  }
  const before = new Catalog(each, undefined, lacking);
  if (without !== undefined) reportDependent(before);
  yield;
  const { catalog, documents, off } = applyOverrides(before, { profiles, overrides }, findings);
  yield;
  const bases = baseRules(catalog);
  const assembled = yield* assemblingRules(catalog, bases);
  const rules = yield* addingResultFilters(assembled, resultFilters, catalog, findings, lists);
  yield;
  warn(files, documents, bases, findings);
  const filterText = JSON.stringify(resultFilters);
  warnOfUnusedLists(userLists, [...files, { text: filterText }], findings);
  lintTitles(documents);
  const { problems, warnings, lints, notes } = findings.without(without ?? NOTHING);
  if (problems.length > 0) return { problems, warnings, lints, notes };
  const inFilters = [...new Set(listNamesIn(filterText))].toSorted().map((name) => [name, lists.get(name)]);
  yield;
  return {
    ruleSet: {
      rules,
      bases,
      needs: yield* findingNeeds(bases),
      warnings,
      lints,
      notes,
      documents,
      off,
      leftOut: [],
      hash: yield* hashing(rules, bases, [resultFilters, inFilters]),
      compiling: (plan) => compilingMatcher(bases, plan),
    },
  };
}

/** The place of a rule and the order of the files do not change the hash. */
function* hashing(rules: readonly Rule[], bases: readonly BaseRule[], filters: unknown): Steps<string> {
  const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);
  const expressions: unknown[] = [];
  for (const { id, expression } of bases.toSorted(byId))
    expressions.push([id, yield* condensing(expression)]);
  return yield* digesting([rules.toSorted(byId).map(({ source: _, ...rule }) => rule), expressions, filters]);
}

function warn(
  files: readonly RuleFile[],
  documents: readonly SigmaDocument[],
  bases: readonly BaseRule[],
  findings: RuleFindings,
): void {
  for (const { document } of bases) lintStage(document, document.report);
  for (const { document, expression } of bases) {
    // The fields in array blocks are those of the members, which are not known.
    const asked = [...askedFields(expression)].filter(({ within }) => within === undefined);
    const fields = new Set(asked.map(({ field }) => field));
    for (const field of fields) warnOfUnknownField(field, ['detection'], document.report);
  }
  const others = documents.filter((document) => document.kind === 'base' && document.foreign !== undefined);
  if (others.length > 0)
    findings.warnings.push({
      where: others[0]!.source,
      message: `is ${others.length === 1 ? 'a rule about other logs, which is off' : `the first of ${others.length} rules about other logs, which are off`}; rules check shows the reason`,
      inShort: true,
    });
  if (PACKS.every((pack) => files.some((file) => file.ruleset === pack)))
    findings.warnings.push({
      where: 'rules.packs',
      message: `${PACKS.join(' and ')} are both loaded: they score the same behaviour twice`,
    });
}
