import { allOf, type Expression } from '../detection/expression.ts';
import { type Catalog, idOf } from '../document/catalog.ts';
import type { BaseDocument, FilterDocument } from '../document/document.ts';
import { contains, describe } from '../document/logsource.ts';
import type { FindingReport } from '../source/rule-findings.ts';

/** A rule about single events, with the filters that apply to it. */
export interface BaseRule {
  readonly id: string;
  readonly document: BaseDocument;
  /** The rule without its filters. */
  readonly ownExpression: Expression;
  readonly filters: readonly FilterDocument[];
  /** True: matched against one event of each resource in each request. */
  readonly sampled: boolean;
  /** The rule and its filters together: this is matched. */
  readonly expression: Expression;
}

/** A filter is joined by `and`: `condition: not known` takes known events out, `condition: known` lets only them through. */
export function baseRules(catalog: Catalog): readonly BaseRule[] {
  const byTarget = new Map<string, FilterDocument[]>();
  for (const filter of catalog.filters)
    for (const id of targets(filter, catalog)) byTarget.set(id, [...(byTarget.get(id) ?? []), filter]);
  return catalog.bases.map((document) => {
    const id = idOf(document);
    const ownExpression = document.detection.expression;
    const filters = byTarget.get(id) ?? [];
    const expression = allOf([ownExpression, ...filters.map((filter) => filter.detection.expression)]);
    const sampled = document.extension?.sample === 'request';
    return { id, document, ownExpression, filters, sampled, expression };
  });
}

function targets(filter: FilterDocument, catalog: Catalog): readonly string[] {
  if (filter.rules === 'any')
    // A sampled rule sees one event of a request: a filter's answer would depend on which one.
    return catalog.bases
      .filter((base) => base.extension?.sample === undefined && contains(base.logsource, filter.logsource))
      .map(idOf);
  // A filter may name rules that are not loaded: it may be used with several sets of rules.
  const lenient: FindingReport = {
    ...filter.report,
    problem: (path, message) => void filter.report.warn(path, `nothing is filtered here: ${message}`),
  };
  const ids = new Set<string>();
  filter.rules.forEach((reference, i) => {
    const path = ['filter', 'rules', i];
    const rule = catalog.rule(reference, path, lenient);
    if (rule?.kind === 'correlation') {
      const inputs = rule.correlation.rules.join(', ');
      filter.report.problem(
        path,
        `${reference} is a correlation; filter the rules that it counts: ${inputs}`,
      );
    } else if (rule?.kind === 'base') {
      if (contains(rule.logsource, filter.logsource)) ids.add(idOf(rule));
      else
        filter.report.warn(
          path,
          `does not apply to ${reference}: the filter's logsource (${describe(filter.logsource)}) is narrower than the rule's (${describe(rule.logsource)})`,
        );
    }
  });
  return [...ids];
}
