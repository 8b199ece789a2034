/** @import { LiveState } from '../live-shape.ts' */
import { element, isolated } from './dom.js';

/** @typedef {{ readonly name: string, readonly class?: string }} Column */
/** @typedef {Node | string} Cell */

/** Characters of a text that are shown. */
const TEXT_MAX = 600;

/**
 * As in the terminal and the report: what cannot be seen, or turns text around, is shown as \uXXXX.
 * @param {string} text
 */
const visible = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

/** @param {unknown} text */
const text = (text) => {
  const all = visible(String(text ?? '').slice(0, TEXT_MAX + 1));
  return isolated(all.length <= TEXT_MAX ? all : `${all.slice(0, TEXT_MAX)}…`);
};

/** @param {number} n */
export const numberText = (n) => n.toLocaleString('en-US', { maximumFractionDigits: 1 });

/** @param {number} ms */
const clockText = (ms) => new Date(ms).toISOString().slice(11, 19);

/** @param {number} ms */
export function lengthText(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** @param {string} level */
const badge = (level) => element('span', { class: `badge ${level}` }, level);

/**
 * @param {string} caption
 * @param {readonly Column[]} head
 * @param {readonly (readonly Cell[])[]} rows
 * @param {string} none
 */
function table(caption, head, rows, none) {
  if (rows.length === 0) return element('p', { class: 'muted' }, none);
  return element(
    'table',
    { class: 'live' },
    element('caption', { class: 'unseen' }, caption),
    element(
      'thead',
      {},
      element('tr', {}, ...head.map((one) => element('th', { scope: 'col', class: one.class }, one.name))),
    ),
    element(
      'tbody',
      {},
      ...rows.map((cells) =>
        element('tr', {}, ...cells.map((cell, i) => element('td', { class: head[i]?.class }, cell))),
      ),
    ),
  );
}

/**
 * A risk event as the stream has it.
 * @typedef {{
 *   readonly timestamp: string,
 *   readonly eventName: string,
 *   readonly severityText: string,
 *   readonly body: string,
 *   readonly attributes: Readonly<Record<string, unknown>>,
 *   readonly resource: Readonly<Record<string, unknown>>,
 * }} Shown
 */

/** @param {readonly Shown[]} events */
export const riskTable = (events) =>
  table(
    'Risk events',
    [
      { name: 'Time (UTC)', class: 'time' },
      { name: 'Level' },
      { name: 'Score', class: 'number' },
      { name: 'Count', class: 'number' },
      { name: 'Rule', class: 'text' },
      { name: 'Message', class: 'message' },
      { name: 'Cluster', class: 'wide' },
    ],
    events.map(({ timestamp, severityText, body, attributes, resource }) => [
      timestamp.slice(0, 19).replace('T', ' '),
      badge(severityText),
      String(attributes['sidewatch.risk.score'] ?? ''),
      `${attributes['sidewatch.count'] ?? ''}${attributes['sidewatch.count.exact'] === false ? '+' : ''}`,
      text(attributes['security_rule.name']),
      text(body),
      text(resource['k8s.cluster.name']),
    ]),
    'None yet.',
  );

/** @param {LiveState['warming'][number]} group */
function progress({ count, of, fired }) {
  const counted = of === null ? numberText(count) : `${numberText(count)} of ${numberText(of)}`;
  const bar =
    of === null || of <= 0
      ? ''
      : element('meter', { min: 0, max: of, value: Math.min(count, of), 'aria-label': counted });
  return element('span', {}, bar, ` ${counted}${fired ? ', fired' : ''}`);
}

/** @param {LiveState['warming']} groups */
export const warmingTable = (groups) =>
  table(
    'Groups warming up',
    [
      { name: 'Level' },
      { name: 'Rule', class: 'text' },
      { name: 'Group', class: 'group text' },
      { name: 'Count', class: 'time' },
      { name: 'Client', class: 'client' },
      { name: 'Place', class: 'wide who' },
      { name: 'User', class: 'wide who' },
      { name: 'Cluster', class: 'wide' },
      { name: 'Last hit (UTC)', class: 'time' },
    ],
    groups.map((one) => [
      badge(one.level),
      text(one.title),
      element(
        'div',
        {},
        ...one.group.map(([field, value]) =>
          element('div', {}, element('span', {}, text(field), ' '), value === null ? 'missing' : text(value)),
        ),
      ),
      progress(one),
      text(one.client),
      text(one.place),
      text(one.user),
      text(one.cluster),
      clockText(one.at),
    ]),
    'No group is open.',
  );

/** @param {LiveState['destinations']} destinations */
export const destinationTable = (destinations) =>
  table(
    'Destinations',
    [
      { name: 'Name' },
      { name: 'Target', class: 'wide' },
      { name: 'Waiting', class: 'number' },
      { name: 'Oldest', class: 'number' },
      { name: 'Delivered', class: 'number' },
      { name: 'Retries', class: 'number' },
      { name: 'Refused', class: 'number' },
    ],
    destinations.map((one) => [
      text(one.name),
      text(one.target),
      `${numberText(one.waiting)} of ${numberText(one.capacity)}`,
      one.oldest === null ? '' : lengthText(one.oldest),
      numberText(one.delivered),
      numberText(one.retries),
      one.refused > 0 ? element('span', { class: 'alert' }, numberText(one.refused)) : '0',
    ]),
    'None.',
  );

/** @param {number} bytes */
export const mebibytes = (bytes) => `${numberText(bytes / 2 ** 20)} MiB`;

/** @param {LiveState['bounds']} bounds */
export const boundTable = (bounds) =>
  table(
    'Bounds',
    [{ name: 'Memory' }, { name: 'Used' }, { name: 'Of', class: 'number' }],
    bounds.map(({ name, used, of }) => [
      name === 'windows' ? 'of all windows (limits.state_mib)' : 'of the process (memory_limiter)',
      element(
        'span',
        {},
        element('meter', { min: 0, max: of, value: used, 'aria-label': name }),
        ` ${mebibytes(used)}`,
      ),
      mebibytes(of),
    ]),
    '',
  );

/** @param {LiveState['losses']} losses */
export const lossTable = (losses) =>
  table(
    'What was refused, dropped or had to give way',
    [{ name: 'Counter' }, { name: 'Count', class: 'number' }, { name: 'What', class: 'message' }],
    losses.map(({ name, count, what }) => [
      name,
      element('span', { class: 'alert' }, numberText(count)),
      what,
    ]),
    'Nothing was refused, dropped, or had to give way.',
  );

/** @param {LiveState['clusters']} clusters */
export const clusterTable = (clusters) =>
  table(
    'Clusters',
    [{ name: 'Name' }, { name: 'Lag', class: 'number' }, { name: 'Latest event (UTC)', class: 'time' }],
    clusters.map(({ name, lag, last }) => [
      name === '' ? 'without a name' : text(name),
      lengthText(lag),
      new Date(last).toISOString().slice(0, 19).replace('T', ' '),
    ]),
    'No event has come yet.',
  );

/** @param {LiveState['rules']} rules */
export const ruleTable = (rules) =>
  table(
    'Rules',
    [
      { name: 'Level' },
      { name: 'Rule', class: 'text' },
      { name: 'Name', class: 'wide' },
      { name: 'Matched', class: 'number' },
      { name: 'Fired', class: 'number' },
    ],
    rules.map(({ name, title, level, matched, fired }) => [
      badge(level),
      text(title),
      text(name),
      numberText(matched),
      numberText(fired),
    ]),
    'No rule has matched yet.',
  );
