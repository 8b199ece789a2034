import { type Catalog, idOf } from '../document/catalog.ts';
import type { RuleDocument } from '../document/document.ts';
import { RuleGraph } from '../tuning/off-rules.ts';

/**
 * Reports what cannot do its work without documents that were left out: a correlation that counts one of them, a filter for
 * nothing else, and a rule that fires only for correlations among them. (It would fire for each event by itself.)
 */
export function reportDependent(catalog: Catalog): void {
  const graph = new RuleGraph(catalog);
  const isMissing = (reference: string) =>
    catalog.named(reference) === undefined && catalog.isBroken(reference);
  for (const { correlation, report } of catalog.correlations)
    correlation.rules.forEach((reference, i) => {
      if (isMissing(reference))
        report.problem(['correlation', 'rules', i], `${reference} was left out or is not there`);
    });
  for (const { rules, report } of catalog.filters)
    if (rules !== 'any' && rules.length > 0 && rules.every(isMissing))
      report.problem(['filter', 'rules'], `${rules.join(', ')} was left out or is not there`);
  const rules: readonly RuleDocument[] = [...catalog.bases, ...catalog.correlations];
  for (const document of rules)
    if (catalog.isCountedByBroken(document) && graph.counters(idOf(document)).length === 0)
      document.report.problem([], 'fires only for a correlation that was left out');
}
