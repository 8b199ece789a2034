import { allOf, type Expression } from '../detection/expression.ts';
import { type Catalog, idOf } from '../document/catalog.ts';
import type { BaseDocument, FilterDocument } from '../document/document.ts';
import { contains, describe } from '../document/logsource.ts';
import type { FindingReport } from '../source/findings.ts';

/** A rule about single events, with the filters that name it joined in. */
export interface BaseRule {
  readonly id: string;
  readonly document: BaseDocument;
  /** What the rule alone asks for. */
  readonly own: Expression;
  readonly filters: readonly FilterDocument[];
  /** True: asked of one event of each resource in each request. */
  readonly sampled: boolean;
  /** The rule and its filters, all together: what is matched. */
  readonly expression: Expression;
}

/** Filters are joined by `and`, word for word: `condition: not known` takes out, `condition: known` lets only known in. */
export function baseRules(catalog: Catalog): readonly BaseRule[] {
  const byTarget = new Map<string, FilterDocument[]>();
  for (const filter of catalog.filters)
    for (const id of targets(filter, catalog)) byTarget.set(id, [...(byTarget.get(id) ?? []), filter]);
  return catalog.bases.map((document) => {
    const id = idOf(document);
    const own = document.detection.expression;
    const filters = byTarget.get(id) ?? [];
    const expression = allOf([own, ...filters.map((filter) => filter.detection.expression)]);
    const sampled = document.extension?.sample === 'request';
    return { id, document, own, filters, sampled, expression };
  });
}

function targets(filter: FilterDocument, catalog: Catalog): readonly string[] {
  if (filter.rules === 'any')
    // One that is asked of one event a request would be at the mercy of which event that is.
    return catalog.bases
      .filter((base) => base.extension?.sample === undefined && contains(base.logsource, filter.logsource))
      .map(idOf);
  // A filter may name rules that are not loaded: it was written for more than one set of them.
  const mild: FindingReport = {
    ...filter.report,
    problem: (path, message) => void filter.report.warn(path, `nothing is filtered here: ${message}`),
  };
  const ids = new Set<string>();
  filter.rules.forEach((reference, i) => {
    const path = ['filter', 'rules', i];
    const rule = catalog.rule(reference, path, mild);
    if (rule?.kind === 'correlation') {
      const inputs = rule.correlation.rules.join(', ');
      filter.report.problem(path, `${reference} is a correlation; filter what it counts: ${inputs}`);
    } else if (rule?.kind === 'base') {
      if (contains(rule.logsource, filter.logsource)) ids.add(idOf(rule));
      else
        filter.report.warn(
          path,
          `does not apply to ${reference}: the filter's logsource (${describe(filter.logsource)}) asks for more than the rule's (${describe(rule.logsource)})`,
        );
    }
  });
  return [...ids];
}
