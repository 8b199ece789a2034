import { element, isolated, linked } from './dom.js';
import { numberText, spanText } from './times.js';

/** @import { PageLink, PageValues } from '../html/page-data.ts' */
/** @import { Shown } from './shown.js' */

/**
 * All that is known of a detection, and its rule.
 * @param {Shown} finding
 */
export function evidence(finding) {
  return element(
    'div',
    { class: 'evidence' },
    element('p', { class: 'message' }, isolated(finding.message)),
    element(
      'div',
      { class: 'columns' },
      element(
        'section',
        { 'aria-label': 'What happened' },
        element('h3', {}, 'What happened'),
        facts(finding),
        ...finding.values.map(listed),
        ...(finding.auditIds.length > 0
          ? [listed({ name: 'Audit-IDs', values: finding.auditIds, more: 0 })]
          : []),
      ),
      element('section', { 'aria-label': 'The rule' }, element('h3', {}, 'The rule'), ...about(finding)),
    ),
  );
}

/** @param {Shown} finding */
function facts(finding) {
  const { seen, fallback, count, exact, alerts, cluster, objects } = finding;
  const hits = `${numberText(count)}${exact ? '' : ' or more'}`;
  const time = `${spanText(seen)}${fallback ? ' (when the events were seen: they have no time of their own)' : ''}`;
  /** @type {readonly (readonly [string, string])[]} */
  const rows = [
    ['Who', finding.who],
    ['When', time],
    ['Hits', alerts > 1 ? `${hits}, in ${numberText(alerts)} detections` : hits],
    ...(cluster === '' ? [] : [/** @type {const} */ (['Cluster', cluster])]),
    ...objects.map((object) => /** @type {const} */ (['Risk object', object])),
    ...finding.facts,
    ['Detection', finding.ids.slice(0, 5).join(', ') + (finding.ids.length > 5 ? ', …' : '')],
  ];
  return element(
    'dl',
    {},
    ...rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, isolated(value))]),
  );
}

/** @param {PageValues} of */
function listed({ name, values, more }) {
  const items = values.map((value) => element('li', {}, isolated(value)));
  const rest = more > 0 ? [element('li', { class: 'muted' }, `and ${numberText(more)} more`)] : [];
  return element(
    'details',
    { open: values.length <= 5 },
    element('summary', {}, isolated(name), ` (${numberText(values.length + more)})`),
    element('ul', { class: 'values' }, ...items, ...rest),
  );
}

/** @param {Shown} finding */
function about({ rule }) {
  return [
    element('p', { class: 'title' }, rule.title),
    ...rule.description.split(/\n{2,}/).map((part) => element('p', {}, part)),
    ...titled(
      'Known to be harmless',
      rule.falsePositives.map((text) => ({ text })),
    ),
    ...titled('ATT&CK', rule.attack),
    ...titled('References', rule.references),
    element(
      'p',
      { class: 'muted' },
      `${rule.level}; ${rule.ruleset}; `,
      isolated(rule.source),
      `; ${rule.id}`,
    ),
  ];
}

/**
 * @param {string} title
 * @param {readonly PageLink[]} links
 */
const titled = (title, links) =>
  links.length === 0
    ? []
    : [element('h4', {}, title), element('ul', {}, ...links.map((link) => element('li', {}, linked(link))))];
