import { type Catalog, idOf } from './catalog.ts';
import type { SigmaDocument } from './document.ts';
import { allOf, type Expression } from './expression.ts';
import { contains, describe } from './logsource.ts';

/** A rule about single events, with the filters that name it joined in. */
export interface BaseRule {
  readonly id: string;
  readonly document: SigmaDocument & { readonly kind: 'base' };
  readonly expression: Expression;
}

type FilterDocument = SigmaDocument & { readonly kind: 'filter' };

/** Filters are joined by `and`, word for word: `condition: not known` takes out, `condition: known` lets only known in. */
export function baseRules(catalog: Catalog): readonly BaseRule[] {
  const filters = new Map<string, FilterDocument[]>();
  for (const filter of catalog.filters)
    for (const id of targets(filter, catalog)) filters.set(id, [...(filters.get(id) ?? []), filter]);
  return catalog.bases.map((document) => {
    const id = idOf(document);
    const joined = filters.get(id)?.map((filter) => filter.detection.expression) ?? [];
    return { id, document, expression: allOf([document.detection.expression, ...joined]) };
  });
}

function targets(filter: FilterDocument, catalog: Catalog): readonly string[] {
  if (filter.rules === 'any')
    return catalog.bases.filter((base) => contains(base.logsource, filter.logsource)).map(idOf);
  const ids = new Set<string>();
  filter.rules.forEach((reference, i) => {
    const path = ['filter', 'rules', i];
    const rule = catalog.rule(reference, path, filter.report);
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
