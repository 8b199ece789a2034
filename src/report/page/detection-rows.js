import { element, isolated } from './dom.js';
import { evidence } from './evidence.js';
import { numberText, timeText } from './times.js';

/** @import { Shown } from './shown.js' */

/** Rows of the table that are in the page at one time. */
const PAGE = 50;

/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {'ascending' | 'descending'} first the order that a first press gives
 * @property {(a: Shown, b: Shown) => number} compare
 * @property {(finding: Shown) => Node | string} cell
 */

/** @type {readonly Column[]} */
const COLUMNS = [
  {
    key: 'level',
    title: 'Level',
    first: 'descending',
    compare: (a, b) => a.rank - b.rank || (a.score ?? 0) - (b.score ?? 0),
    cell: ({ level }) => element('span', { class: `badge ${level}` }, level),
  },
  {
    key: 'score',
    title: 'Score',
    first: 'descending',
    compare: (a, b) => (a.score ?? -1) - (b.score ?? -1),
    cell: ({ score }) => String(score ?? ''),
  },
  {
    key: 'rule',
    title: 'Detection',
    first: 'ascending',
    compare: (a, b) => byText(a.rule.title, b.rule.title),
    cell: () => '',
  },
  {
    key: 'who',
    title: 'Who',
    first: 'ascending',
    compare: (a, b) => byText(a.who, b.who),
    cell: ({ who }) => isolated(who),
  },
  {
    key: 'count',
    title: 'Hits',
    first: 'descending',
    compare: (a, b) => a.count - b.count,
    cell: ({ count, exact }) => `${numberText(count)}${exact ? '' : '+'}`,
  },
  {
    key: 'time',
    title: 'First seen',
    first: 'ascending',
    compare: (a, b) => a.seen[0] - b.seen[0],
    cell: (finding) => firstSeen(finding),
  },
];

/** @param {Shown} finding */
const firstSeen = ({ seen, fallback }) => `${fallback ? '~' : ''}${timeText(seen[0])}`;

/**
 * @param {string} a
 * @param {string} b
 */
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A table of detections: sorted by its heads, a page at a time; the name of a detection opens its evidence.
 * @param {HTMLElement} host
 */
export function detectionRows(host) {
  /** @type {readonly Shown[]} */
  let given = [];
  /** @type {readonly Shown[]} */
  let sorted = [];
  /** @type {Set<Shown>} */
  const opened = new Set();
  let by = { key: 'level', order: /** @type {'ascending' | 'descending'} */ ('descending') };
  let page = 0;

  const heads = COLUMNS.map(({ key, title }) =>
    element(
      'th',
      { scope: 'col', class: key },
      element('button', { type: 'button', click: () => sortBy(key) }, title),
    ),
  );
  const body = element('tbody');
  const table = element(
    'table',
    { class: 'detections' },
    element(
      'caption',
      { class: 'unseen' },
      'Detections. The buttons in the head sort; the name of a detection opens its evidence.',
    ),
    element('thead', {}, element('tr', {}, ...heads)),
    body,
  );
  const where = element('span', { class: 'where' });
  const back = element('button', { type: 'button', click: () => turn(page - 1) }, 'Previous');
  const on = element('button', { type: 'button', click: () => turn(page + 1) }, 'Next');
  const choice = element(
    'select',
    { change: () => sortBy(choice.value) },
    ...COLUMNS.map(({ key, title }) => element('option', { value: key }, title)),
  );
  host.append(
    element('label', { class: 'narrow sorting' }, 'Sort by ', choice),
    table,
    element('nav', { class: 'pages', 'aria-label': 'Pages of the table' }, back, where, on),
  );

  /** @param {string} key */
  function sortBy(key) {
    const column = COLUMNS.find((one) => one.key === key);
    if (column === undefined) return;
    const turned = by.order === 'ascending' ? 'descending' : 'ascending';
    by = { key, order: by.key === key ? turned : column.first };
    sort();
  }

  function sort() {
    const compare = COLUMNS.find(({ key }) => key === by.key)?.compare ?? (() => 0);
    const sign = by.order === 'ascending' ? 1 : -1;
    sorted = given.toSorted((a, b) => sign * compare(a, b) || a.seen[0] - b.seen[0]);
    for (const [i, head] of heads.entries())
      head.setAttribute('aria-sort', COLUMNS[i]?.key === by.key ? by.order : 'none');
    choice.value = by.key;
    turn(0);
  }

  /** @param {number} to */
  function turn(to) {
    const last = Math.max(Math.ceil(sorted.length / PAGE) - 1, 0);
    page = Math.min(Math.max(to, 0), last);
    const from = page * PAGE;
    const part = sorted.slice(from, from + PAGE);
    body.replaceChildren(...part.flatMap((finding, i) => rows(finding, `evidence-${from + i}`)));
    if (sorted.length === 0)
      body.append(
        element('tr', {}, element('td', { colspan: COLUMNS.length }, 'No detection matches the filters.')),
      );
    where.textContent =
      sorted.length === 0
        ? ''
        : `${numberText(from + 1)} to ${numberText(from + part.length)} of ${numberText(sorted.length)}`;
    // A button that is disabled loses the focus, so the other one takes it.
    const focused = document.activeElement;
    back.disabled = page === 0;
    on.disabled = page === last;
    if (focused === back && back.disabled) on.focus();
    if (focused === on && on.disabled) back.focus();
  }

  /**
   * @param {Shown} finding
   * @param {string} id
   */
  function rows(finding, id) {
    const button = element(
      'button',
      {
        type: 'button',
        class: 'opens',
        'aria-expanded': 'false',
        'aria-controls': id,
        click: () => set(!opened.has(finding)),
      },
      finding.rule.title,
    );
    const row = element(
      'tr',
      {},
      ...COLUMNS.map(({ key, cell }) =>
        key === 'rule' ? named(finding, button) : element('td', { class: key }, cell(finding)),
      ),
    );
    const cell = element('td', { colspan: COLUMNS.length });
    const below = element('tr', { id, class: 'below', hidden: true }, cell);
    /** @param {boolean} open */
    function set(open) {
      if (open) {
        opened.add(finding);
        cell.replaceChildren(evidence(finding));
      } else {
        opened.delete(finding);
        cell.replaceChildren();
      }
      below.hidden = !open;
      row.classList.toggle('open', open);
      button.setAttribute('aria-expanded', String(open));
    }
    if (opened.has(finding)) set(true);
    return [row, below];
  }

  return {
    /** @param {readonly Shown[]} findings */
    show(findings) {
      given = findings;
      sort();
    },
    /** Turns to a detection, opens it and moves the focus to it. @param {Shown} finding */
    open(finding) {
      opened.add(finding);
      const at = sorted.indexOf(finding);
      if (at < 0) return;
      turn(Math.floor(at / PAGE));
      const button = body.querySelector(`[aria-controls="evidence-${at}"]`);
      if (!(button instanceof HTMLElement)) return;
      button.scrollIntoView({ block: 'center' });
      button.focus({ preventScroll: true });
    },
  };
}

/**
 * The head of a row. What a narrow page has no column for stands below the name.
 * @param {Shown} finding
 * @param {HTMLElement} button
 */
const named = (finding, button) =>
  element(
    'th',
    { scope: 'row', class: 'rule' },
    button,
    element('span', { class: 'said' }, isolated(finding.message)),
    element('span', { class: 'narrow' }, isolated(finding.who), element('br'), firstSeen(finding)),
  );
