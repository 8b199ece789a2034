/** @import { PageFinding, PageRule } from '../html/page-data.ts' */

/**
 * A finding as the parts of the page use it: with its rule, what is searched, and the rank of its level.
 * @typedef {Omit<PageFinding, 'rule'> & { readonly rule: PageRule, readonly rank: number, readonly text: string }} Shown
 */

/** From the least grave to the gravest. */
export const LEVELS = /** @type {const} */ (['informational', 'low', 'medium', 'high', 'critical']);

/**
 * @param {PageFinding} finding
 * @param {readonly PageRule[]} rules
 * @returns {Shown}
 */
export function shown(finding, rules) {
  const rule = /** @type {PageRule} */ (rules[finding.rule]);
  return { ...finding, rule, rank: LEVELS.indexOf(finding.level), text: searched(finding, rule) };
}

/**
 * @param {PageFinding} finding
 * @param {PageRule} rule
 */
function searched(finding, rule) {
  return [
    rule.title,
    rule.id,
    finding.message,
    finding.who,
    finding.actor,
    finding.cluster,
    ...finding.objects,
    ...finding.auditIds,
    ...finding.ids,
    ...finding.values.flatMap(({ values }) => values),
    ...finding.facts.map(([, value]) => value),
    ...rule.attack.map(({ text }) => text),
  ]
    .join('\n')
    .toLowerCase();
}
