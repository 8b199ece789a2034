import { element } from './dom.js';
import { LEVELS } from './shown.js';
import { numberText, spanText, zone } from './times.js';

/** @import { Range } from './chart-frame.js' */
/** @import { Shown } from './shown.js' */

/** What one press of a button changes of the span of time that is shown. */
const STEP = 0.25;

/**
 * Levels, text, span of time and zone: what decides which detections are shown.
 * @param {HTMLElement} host
 * @param {readonly Shown[]} findings
 * @param {Range} whole
 * @param {{ onChange: () => void, onZone: () => void, onRange: (range: Range) => void }} on
 */
export function filters(host, findings, whole, { onChange, onZone, onRange }) {
  const levels = new Set(LEVELS);
  let range = whole;
  const counts = Map.groupBy(findings, ({ level }) => level);
  const boxes = LEVELS.toReversed().map((level) => {
    const box = element('input', {
      type: 'checkbox',
      change: () => {
        if (box.checked) levels.add(level);
        else levels.delete(level);
        onChange();
      },
    });
    box.checked = true;
    return element(
      'label',
      { class: `choice ${level}` },
      box,
      element('span', { class: `badge ${level}` }, level),
      ` ${numberText(counts.get(level)?.length ?? 0)}`,
    );
  });
  const search = element('input', {
    type: 'search',
    placeholder: 'user, address, rule, Audit-ID, value, T1046 …',
    input: onChange,
  });
  const button = (/** @type {string} */ text, /** @type {() => void} */ act) =>
    element('button', { type: 'button', click: act }, text);
  const move = (/** @type {number} */ left, /** @type {number} */ right) => () => {
    const width = range[1] - range[0];
    const from = Math.max(range[0] + left * width, whole[0]);
    const to = Math.min(range[1] + right * width, whole[1]);
    if (to > from) set([from, to]);
  };
  const status = element('p', { class: 'status', role: 'status' });
  const times = element(
    'select',
    {
      change: () => {
        zone.utc = times.value === 'utc';
        onZone();
      },
    },
    element('option', { value: 'utc' }, 'UTC'),
    element('option', { value: 'local', selected: !zone.utc }, 'local time'),
  );

  host.append(
    element('fieldset', {}, element('legend', {}, 'Levels'), ...boxes),
    element('label', { class: 'search' }, 'Search ', search),
    element(
      'div',
      { class: 'span', role: 'group', 'aria-label': 'Span of time' },
      button('Zoom in', move(STEP, -STEP)),
      button('Zoom out', move(-STEP * 2, STEP * 2)),
      button('Earlier', move(-STEP, -STEP)),
      button('Later', move(STEP, STEP)),
      button('All', () => set(whole)),
    ),
    element('label', {}, 'Times in ', times),
    status,
  );

  /** @param {Range} to */
  function set(to) {
    range = to;
    onRange(to);
  }

  return {
    /** From a chart; beyond the whole there is nothing. @param {Range} to */
    set([from, to]) {
      set([Math.max(from, whole[0]), Math.min(to, whole[1])]);
    },
    get range() {
      return range;
    },
    /** Those of the levels and the text, at any time. */
    chosen() {
      const words = search.value.toLowerCase().split(/\s+/);
      return findings.filter(
        ({ level, text }) => levels.has(level) && words.every((word) => text.includes(word)),
      );
    },
    /** @param {Shown} finding */
    inRange: ({ seen }) => /** @type {boolean} */ (seen[1] >= range[0] && seen[0] <= range[1]),
    /** @param {number} count */
    say(count) {
      const zoomed = range[0] > whole[0] || range[1] < whole[1];
      const when = zoomed ? `, ${spanText(range)}` : '';
      status.textContent = `${numberText(count)} of ${numberText(findings.length)} rows${when}`;
    },
    /** @param {string} text */
    look(text) {
      search.value = text;
      onChange();
    },
  };
}
