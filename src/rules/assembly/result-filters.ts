import { didYouMean } from '../../lib/nearest.ts';
import type { Steps } from '../../lib/steps.ts';
import type { Rule } from '../../model/rule.ts';
import { parseDetection } from '../detection/detection.ts';
import { expandingLists } from '../detection/expanding-lists.ts';
import { askedFields } from '../detection/expression.ts';
import { textTest } from '../detection/text-test.ts';
import { type Catalog, idOf } from '../document/catalog.ts';
import { predicate } from '../matching/predicate.ts';
import { ROW_FIELDS } from '../matching/row-fields.ts';
import type { FindingReport, RuleFindings } from '../source/rule-findings.ts';
import type { Lists } from '../source/value-lists.ts';
import { resultFields } from './known-fields.ts';

/**
 * Gives rules their `keep`. `filters`: a rule's id, name or title to a Sigma detection over its result row.
 * Rows that match its condition are kept, as in Splunk's `search`: to drop known scanners, `condition: not known`.
 */
export function* addingResultFilters(
  rules: readonly Rule[],
  filters: Readonly<Record<string, unknown>>,
  catalog: Catalog,
  findings: RuleFindings,
  lists: Lists,
): Steps<readonly Rule[]> {
  const keeps = new Map<string, NonNullable<Rule['keep']>>();
  for (const [reference, block] of Object.entries(filters)) {
    const report = findings.reportSetting(['rules', 'result_filters', reference]);
    yield* expandingLists(block, lists);
    const detection = parseDetection(block, [], { report, lists, row: true });
    const rule = target(reference, rules, catalog, report);
    if (!detection || !rule) continue;
    if (keeps.has(rule.id)) report.problem([], `is a second filter for ${rule.title}; combine the two`);
    if (!detection.negates) {
      const meaning = 'the filter keeps only matching rows; most filters need "not"';
      report.warn(['condition'], meaning);
    }
    checkNames(detection.expression, rule, report);
    for (const { tests } of askedFields(detection.expression)) yield* textTest.making(tests);
    keeps.set(rule.id, predicate(detection.expression, ROW_FIELDS));
  }
  return rules.map((rule) => {
    const keep = keeps.get(rule.id);
    return keep === undefined ? rule : { ...rule, keep };
  });
}

function target(
  reference: string,
  rules: readonly Rule[],
  catalog: Catalog,
  report: FindingReport,
): Rule | undefined {
  const found = catalog.find(reference);
  const [document] = found;
  if (document === undefined) {
    if (catalog.isBroken(reference)) return undefined;
    if (catalog.isOff(reference)) {
      report.warn([], 'has no effect: this rule is off');
      return undefined;
    }
    const names = rules.flatMap((rule) => [rule.title, catalog.find(rule.id)[0]?.head.name ?? rule.id]);
    return report.problem([], `no loaded rule has this id, name or title${didYouMean(reference, names)}`);
  }
  if (found.length > 1)
    return report.problem([], `is the title of ${found.length} rules; use an id or a name`);
  const rule = rules.find(({ id }) => id === idOf(document));
  if (rule !== undefined && !rule.silent) return rule;
  return report.problem([], 'this rule does not fire by itself; filter the correlation that counts it');
}

function checkNames(expression: Parameters<typeof askedFields>[0], rule: Rule, report: FindingReport): void {
  const known = resultFields(rule);
  for (const field of new Set([...askedFields(expression)].map((asked) => asked.field))) {
    const renamed = rule.rename[field];
    if (field === 'count' && rule.emit !== 'close') report.problem([], unfinished(rule));
    else if (renamed !== undefined) report.warn([], `${field} is called ${renamed} in the result`);
    else if (!known.has(field))
      report.warn([], `${field} is not a field of the result${didYouMean(field, known)}`);
  }
}

/** A filter on a count that still grows would drop the only detection of its bucket, so the rule would never fire. */
function unfinished({ kind, emit }: Rule): string {
  if (kind === 'match')
    return 'count is always 1: the rule fires for each event; count them in a correlation';
  return `count is not final when this rule fires (emit: ${emit}): raise its threshold with an override, or let it wait with emit: close`;
}
