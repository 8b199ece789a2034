import type { Steps } from '../../lib/steps.ts';
import { span } from '../../lib/time-format.ts';
import type { Bound, Rule } from '../../model/rule.ts';
import type { Span } from '../../model/time.ts';
import { carriedNames } from '../../semantics/rule-fields.ts';
import { isSilence } from '../../semantics/silence.ts';
import { condensed, condensing } from '../detection/condensed.ts';
import { type Catalog, idOf } from '../document/catalog.ts';
import type { CorrelationDocument, RuleDocument } from '../document/document.ts';
import { DEFAULT_LEVEL, matchSettings, windowSettings } from '../document/rule-settings.ts';
import { RuleGraph } from '../tuning/off-rules.ts';
import type { BaseRule } from './base-rules.ts';
import { carriedFields } from './carried-fields.ts';
import { chainDelay } from './chain-delay.ts';
import { withFingerprint } from './fingerprint.ts';
import { checkFields } from './known-fields.ts';
import { lintUnusedAliases } from './resolve-aliases.ts';
import { resolveCounting } from './resolve-counting.ts';
import { correlationsInnerFirst, type ResolvedCorrelation, resolveInputs } from './resolve-inputs.ts';

const ONCE: readonly Bound[] = [{ op: 'gte', value: 1 }];

/**
 * Every correlation, and every base rule that no correlation counts (or that one counts with `generate`). A correlation that
 * fires only for the correlations that count it is `silent`.
 */
export function* assemblingRules(catalog: Catalog, bases: readonly BaseRule[]): Steps<readonly Rule[]> {
  const resolved = catalog.correlations.map((document) => resolveInputs(document, catalog));
  const graph = new RuleGraph(catalog);
  checkSampled(bases, resolved);
  yield;
  for (const { expression } of bases) yield* condensing(expression);
  const correlations = yield* makingCorrelations(correlationsInnerFirst(resolved), bases, graph);
  const matching: Rule[] = [];
  for (const base of bases) {
    if (graph.isSilent(base.id)) warnOfSettings(base);
    else matching.push(matchRule(base));
    yield;
  }
  return [...resolved.flatMap(({ id }) => correlations.get(id) ?? []), ...matching];
}

type Draft = Omit<Rule, 'fingerprint' | 'carry'>;
interface Drafted {
  readonly rule: Draft;
  readonly document: CorrelationDocument;
}

/** `ordered`: inner ones first. */
function* makingCorrelations(
  ordered: readonly ResolvedCorrelation[],
  bases: readonly BaseRule[],
  graph: RuleGraph,
): Steps<ReadonlyMap<string, Rule>> {
  const drafts = draftsOf(ordered, graph);
  yield;
  const carried = carriedFields(drafts.map(({ rule }) => rule));
  const digested = new Map<string, unknown>(bases.map((base) => [base.id, condensed(base.expression)]));
  const aliases = new Map<string, ReadonlySet<string>>();
  const rules = new Map<string, Rule>();
  for (const { rule, document } of drafts) {
    const carry = carried.get(rule.id)!;
    const inner = rule.inputs.flatMap((id) => [...(aliases.get(id) ?? [])]);
    const known = new Set([...Object.keys(rule.aliases), ...inner]);
    aliases.set(rule.id, known);
    checkFields(rule, known, document.report);
    const whole = withFingerprint({ ...rule, carry }, (id) => digested.get(id));
    lintUnusedAliases(whole.aliases, carriedNames(whole), document.report);
    digested.set(rule.id, whole.fingerprint);
    rules.set(rule.id, whole);
    yield;
  }
  return rules;
}

/** The rules without the parts that depend on the rules that count them. One with a fault was reported and is left out. */
function draftsOf(ordered: readonly ResolvedCorrelation[], graph: RuleGraph): readonly Drafted[] {
  const delays = new Map<string, Span>();
  return ordered.flatMap((correlation) => {
    const { id, document } = correlation;
    const counting = resolveCounting(correlation);
    if (counting === undefined) return [];
    const delay = span(Math.max(...counting.inputs.map((input) => delays.get(input) ?? 0)));
    const { extension, report } = document;
    const head = headOf(document);
    const settings = windowSettings(extension, { ...counting, delay }, head, report);
    const rule = { ...head, ...settings, ...counting, silent: graph.isSilent(id) };
    delays.set(id, chainDelay(rule, delay));
    for (const key of ['risk', 'rename'] as const)
      if (rule.silent && extension?.[key] !== undefined) report.warn(['sidewatch', key], NO_EFFECT);
    return [{ rule, document }];
  });
}

const NO_EFFECT = 'has no effect: a correlation counts this rule, so it does not fire';

/** A sampled rule shows that there was an event, but not how many. */
function checkSampled(bases: readonly BaseRule[], correlations: readonly ResolvedCorrelation[]): void {
  for (const { id, document } of bases.filter(({ sampled }) => sampled)) {
    const counting = correlations.filter(({ inputs }) => inputs.some((input) => input.id === id));
    if (counting.some(({ document: { correlation } }) => !isSilence(correlationKind(correlation))))
      document.report.problem(
        ['sidewatch', 'sample'],
        'works only with correlations that wait for silence (event_count with lt: 1); others would count too few events',
      );
  }
}

const correlationKind = ({ type, condition }: CorrelationDocument['correlation']) => ({
  kind: type,
  condition,
});

/** Of a rule that correlations count. */
function warnOfSettings({ document }: BaseRule): void {
  const { sample: _, ...others } = document.extension ?? {};
  if (Object.values(others).some((value) => value !== undefined))
    document.report.warn(['sidewatch'], NO_EFFECT);
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
  return withFingerprint(rule, () => condensed(base.expression));
}

function headOf(document: RuleDocument) {
  const { head, ruleset, source } = document;
  const version = head.modified ?? head.date;
  return {
    id: idOf(document),
    title: head.title,
    description: head.description,
    level: head.level ?? DEFAULT_LEVEL,
    tags: head.tags,
    references: head.references,
    falsePositives: head.falsepositives,
    ...(version === undefined ? {} : { version }),
    ruleset,
    source,
  };
}
