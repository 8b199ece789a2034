import { digest } from '../lib/hash.ts';
import type { Bound, Rule } from '../model/rule.ts';
import type { BaseRule } from './base-rules.ts';
import { type Catalog, idOf, type RuleDocument } from './catalog.ts';
import { riskFields, warnOfUnknownFields } from './known-fields.ts';
import { DEFAULT_LEVEL, matchSettings, type Settings, windowSettings } from './settings.ts';

const ONCE: readonly Bound[] = [{ op: 'gte', value: 1 }];

/** The rules that can fire: every correlation, and every base rule that none counts (or that one says to `generate`). */
export function assemble(catalog: Catalog, bases: readonly BaseRule[]): readonly Rule[] {
  const byId = new Map(bases.map((base) => [base.id, base]));
  const silent = new Map<string, boolean>();
  const rules: Rule[] = [];
  for (const document of catalog.correlations) {
    const { correlation, report } = document;
    const inputs = inputsOf(document, catalog, byId);
    for (const { id } of inputs) silent.set(id, (silent.get(id) ?? true) && !correlation.generate);
    const settings = windowSettings(document.extension, correlation.timespan, about(document), report);
    rules.push(
      makeRule(document, inputs, settings, {
        kind: correlation.type,
        groupBy: correlation.groupBy,
        condition: correlation.condition,
      }),
    );
  }
  for (const base of bases) {
    const { document } = base;
    if (silent.get(base.id)) {
      if (document.extension !== undefined)
        document.report.warn(
          ['sidewatch'],
          'has no effect: a correlation counts this rule, so it does not fire',
        );
      continue;
    }
    const settings = matchSettings(document.extension, about(document), document.report);
    rules.push(makeRule(document, [base], settings, { kind: 'match', groupBy: [], condition: ONCE }));
  }
  return rules;
}

function inputsOf(
  document: RuleDocument & { readonly kind: 'correlation' },
  catalog: Catalog,
  bases: ReadonlyMap<string, BaseRule>,
): readonly BaseRule[] {
  const inputs = new Map<string, BaseRule>();
  document.correlation.rules.forEach((reference, i) => {
    const path = ['correlation', 'rules', i];
    const found = catalog.rule(reference, path, document.report);
    if (found?.kind === 'correlation')
      document.report.unsupported(path, `correlations of correlations (${reference})`);
    else if (found !== undefined) {
      const base = bases.get(idOf(found));
      if (base) inputs.set(base.id, base);
    }
  });
  return [...inputs.values()];
}

function about({ head }: RuleDocument) {
  return { title: head.title, level: head.level ?? DEFAULT_LEVEL };
}

function makeRule(
  document: RuleDocument,
  inputs: readonly BaseRule[],
  settings: Settings,
  counts: Pick<Rule, 'kind' | 'groupBy' | 'condition'>,
): Rule {
  const { head, ruleset, source, report } = document;
  const id = idOf(document);
  const { window, group, dedupe, emit, time, timespan, risk } = settings;
  const rule: Rule = {
    id,
    fingerprint: digest([
      id,
      counts,
      inputs.map((base) => [base.id, base.expression]),
      { window, group, dedupe, emit, time, timespan, carried: riskFields(risk).map(({ field }) => field) },
    ]),
    title: head.title,
    description: head.description,
    level: head.level ?? DEFAULT_LEVEL,
    tags: head.tags,
    references: head.references,
    ruleset,
    source,
    inputs: inputs.map((base) => base.id),
    aliases: {},
    conditionFields: [],
    silent: false,
    carry: [],
    ...counts,
    ...settings,
  };
  warnOfUnknownFields(rule, report);
  return rule;
}
