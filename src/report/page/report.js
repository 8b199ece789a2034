import { detectionRows } from './detection-rows.js';
import { element, isolated } from './dom.js';
import { filters } from './filters.js';
import { scoreChart } from './score-chart.js';
import { shown } from './shown.js';
import { timeline } from './timeline.js';
import { numberText, timeText, zone } from './times.js';

/** @import { PageData, PageTop } from '../html/page-data.ts' */
/** @import { Range } from './chart-frame.js' */

/** @type {PageData} */
const data = JSON.parse(document.getElementById('data')?.textContent ?? '');
const findings = data.findings.map((finding) => shown(finding, data.rules));

/**
 * The time of all detections, with some room at both ends.
 * @returns {Range}
 */
function wholeRange() {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { seen } of findings) {
    from = Math.min(from, seen[0]);
    to = Math.max(to, seen[1]);
  }
  const room = Math.max((to - from) * 0.02, 1000);
  return [from - room, to + room];
}

/**
 * @param {string} title
 * @param {string} [hint]
 */
function section(title, hint) {
  const id = title.toLowerCase().replaceAll(' ', '-');
  const made = element('section', { 'aria-labelledby': id }, element('h2', { id }, title));
  if (hint !== undefined) made.append(element('p', { class: 'muted' }, hint));
  main.append(made);
  return made;
}

zone.utc = !data.local;

const main = document.querySelector('main') ?? document.body;
headline();
if (findings.length === 0) main.append(element('p', {}, 'No detection fired.'));
else explore();
notes();

function headline() {
  if (data.covered !== undefined) {
    const [from, to] = data.covered.map((at) => new Date(at).toISOString().slice(0, 19).replace('T', ' '));
    main.append(element('p', { class: 'lead' }, `Audit events from ${from} to ${to} (UTC)`));
  }
  main.append(
    element(
      'dl',
      { class: 'headline' },
      ...data.headline.map(({ label, value }) =>
        element('div', {}, element('dt', {}, label), element('dd', {}, isolated(value))),
      ),
    ),
  );
}

function explore() {
  const whole = wholeRange();
  const bar = element('search', { class: 'filters', 'aria-label': 'Filters' });
  const tops = element('div', { class: 'tops' });
  main.append(tops, bar);
  const choose = filters(bar, findings, whole, { onChange: update, onRange: zoomed, onZone: rezoned });
  tops.append(...data.tops.filter(({ rows }) => rows.length > 0).map((top) => topList(top, choose.look)));

  const lines = section(
    'Timeline by actor',
    'Drag over a span to zoom in; a double click shows all again. A click on a mark opens the detection.',
  );
  const scores = data.scores.length > 0 ? section('Score by risk object', 'Added up over time.') : undefined;
  const table = section('Detections');
  const actors = timeline(lines, { onZoom: choose.set, onPick: (finding) => rows.open(finding) });
  const score = scores && scoreChart(scores, data.scores, whole, { onZoom: choose.set });
  const rows = detectionRows(table);
  update();
  zoomed();

  function update() {
    actors.show(choose.chosen(), whole);
    list();
  }

  function list() {
    const listed = choose.chosen().filter(choose.inRange);
    rows.show(listed);
    choose.say(listed.length);
  }

  function zoomed() {
    actors.zoom(choose.range);
    score?.zoom(choose.range);
    list();
  }

  function rezoned() {
    actors.relabel();
    score?.relabel();
    list();
  }
}

/**
 * Names with their figures; a press searches for the name.
 * @param {PageTop} top
 * @param {(text: string) => void} look
 */
function topList({ title, rows }, look) {
  const table = element(
    'table',
    {},
    element('caption', {}, title),
    element(
      'tbody',
      {},
      ...rows.map(({ name, figure }) =>
        element(
          'tr',
          {},
          element(
            'th',
            { scope: 'row' },
            element(
              'button',
              { type: 'button', title: `Search for ${name}`, click: () => look(name) },
              isolated(name),
            ),
          ),
          element('td', {}, numberText(figure)),
        ),
      ),
    ),
  );
  return element('div', {}, table);
}

function notes() {
  if (data.notes.length > 0)
    section('What may be missing').append(
      element('ul', { class: 'notes' }, ...data.notes.map((line) => element('li', {}, isolated(line)))),
    );
  main.append(
    element(
      'footer',
      { class: 'muted' },
      `Made by sidewatch ${data.version}, ${timeText(data.made)}. Charts by uPlot.`,
    ),
  );
}
