import { span } from '../../lib/time-format.ts';
import type { Bound, Rule } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { carriedNames } from '../../semantics/rule-fields.ts';
import { isSilence } from '../../semantics/silence.ts';
import { type Catalog, idOf } from '../document/catalog.ts';
import type { CorrelationDocument, RuleDocument } from '../document/document.ts';
import { DEFAULT_LEVEL, matchSettings, windowSettings } from '../document/rule-settings.ts';
import { Counts } from '../tuning/turned-off.ts';
import { lintUnusedAliases } from './aliases.ts';
import type { BaseRule } from './base-rules.ts';
import { carriedFor } from './carried-fields.ts';
import { delayOf } from './chain-delay.ts';
import { withFingerprint } from './fingerprint.ts';
import { checkFields } from './known-fields.ts';
import { countingOf } from './resolve-counting.ts';
import { correlationsInnerFirst, type Wired, wire } from './rule-inputs.ts';

const ONCE: readonly Bound[] = [{ op: 'gte', value: 1 }];

/**
 * Every correlation, and every base rule that none counts (or that one says to `generate`). A correlation that fires only
 * for those that count it is `silent`.
 */
export function assemble(catalog: Catalog, bases: readonly BaseRule[]): readonly Rule[] {
  const wired = catalog.correlations.map((document) => wire(document, catalog));
  const counts = new Counts(catalog);
  checkSampled(bases, wired);
  const correlations = correlationRules(correlationsInnerFirst(wired), bases, counts);
  return [
    ...wired.flatMap(({ id }) => correlations.get(id) ?? []),
    ...bases.flatMap((base) => (counts.isSilent(base.id) ? silenced(base) : [matchRule(base)])),
  ];
}

type Draft = Omit<Rule, 'fingerprint' | 'carry'>;
interface Drafted {
  readonly rule: Draft;
  readonly document: CorrelationDocument;
}

/** `ordered`: inner ones first. */
function correlationRules(
  ordered: readonly Wired[],
  bases: readonly BaseRule[],
  counts: Counts,
): ReadonlyMap<string, Rule> {
  const drafts = draftsOf(ordered, counts);
  const carried = carriedFor(drafts.map(({ rule }) => rule));
  const behind = new Map<string, unknown>(bases.map((base) => [base.id, base.expression]));
  const aliases = new Map<string, ReadonlySet<string>>();
  const rules = new Map<string, Rule>();
  for (const { rule, document } of drafts) {
    const carry = carried.get(rule.id)!;
    const inner = rule.inputs.flatMap((id) => [...(aliases.get(id) ?? [])]);
    const known = new Set([...Object.keys(rule.aliases), ...inner]);
    aliases.set(rule.id, known);
    checkFields(rule, known, document.report);
    const whole = withFingerprint({ ...rule, carry }, (id) => behind.get(id));
    lintUnusedAliases(whole.aliases, carriedNames(whole), document.report);
    behind.set(rule.id, whole.fingerprint);
    rules.set(rule.id, whole);
  }
  return rules;
}

/** All but what depends on the rules that count them. One with something wrong in it was reported and is left out. */
function draftsOf(ordered: readonly Wired[], counts: Counts): readonly Drafted[] {
  const delays = new Map<string, Span>();
  return ordered.flatMap((wired) => {
    const { id, document } = wired;
    const counting = countingOf(wired);
    if (counting === undefined) return [];
    const delay = span(Math.max(...counting.inputs.map((input) => delays.get(input) ?? 0)));
    const { extension, report } = document;
    const head = headOf(document);
    const settings = windowSettings(extension, { ...counting, delay }, head, report);
    const rule = { ...head, ...settings, ...counting, silent: counts.isSilent(id) };
    delays.set(id, delayOf(rule, delay));
    for (const key of ['risk', 'rename'] as const)
      if (rule.silent && extension?.[key] !== undefined) report.warn(['sidewatch', key], NO_EFFECT);
    return [{ rule, document }];
  });
}

const NO_EFFECT = 'has no effect: a correlation counts this rule, so it does not fire';

/** What is counted of one event a request is no count: only that there was one at all is known. */
function checkSampled(bases: readonly BaseRule[], wired: readonly Wired[]): void {
  for (const { id, document } of bases.filter(({ sampled }) => sampled)) {
    const counting = wired.filter(({ inputs }) => inputs.some((input) => input.id === id));
    if (counting.some(({ document: { correlation } }) => !isSilence(correlationKind(correlation))))
      document.report.problem(
        ['sidewatch', 'sample'],
        'goes with correlations that wait for silence (event_count with lt: 1); others would count too little',
      );
  }
}

const correlationKind = ({ type, condition }: CorrelationDocument['correlation']) => ({
  kind: type,
  condition,
});

function silenced({ document }: BaseRule): readonly Rule[] {
  const { sample: _, ...others } = document.extension ?? {};
  if (Object.values(others).some((value) => value !== undefined))
    document.report.warn(['sidewatch'], NO_EFFECT);
  return [];
}

function matchRule(base: BaseRule): Rule {
  const { document } = base;
  const head = headOf(document);
  const rule = {
    ...head,
    ...matchSettings(document.extension, head, document.report),
    kind: 'match',
    inputs: [base.id],
    groupBy: [],
    aliases: {},
    condition: ONCE,
    conditionFields: [],
    silent: false,
    carry: [],
  } as const;
  checkFields(rule, new Set(), document.report);
  return withFingerprint(rule, () => base.expression);
}

function headOf(document: RuleDocument) {
  const { head, ruleset, source } = document;
  return {
    id: idOf(document),
    title: head.title,
    description: head.description,
    level: head.level ?? DEFAULT_LEVEL,
    tags: head.tags,
    references: head.references,
    ruleset,
    source,
  };
}
