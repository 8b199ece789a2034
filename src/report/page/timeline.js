import { chartFrame } from './chart-frame.js';
import { colour, element, isolated } from './dom.js';
import { numberText, spanText } from './times.js';

/** @import Chart from 'uplot' */
/** @import { Range } from './chart-frame.js' */
/** @import { Shown } from './shown.js' */

/** Rows: the actors with the highest sum of scores; all others share the last row. */
const ACTORS_MAX = 12;
const ROW = 26;
const AXIS = 56;
const OTHERS = 'all others';

/** Pixels: heights of marks by level, so that a level is not shown by its colour alone. */
const HEIGHTS = { informational: 6, low: 8, medium: 11, high: 15, critical: 19 };
const NARROWEST = 5;
/** How far from a mark the pointer may be. */
const NEAR = 8;

/**
 * Detections by actor over time, as marks from the first to the last hit. `onPick` gets the detection whose mark was clicked.
 * @param {HTMLElement} host
 * @param {{ onZoom: (range: Range) => void, onPick: (finding: Shown) => void }} on
 */
export function timeline(host, { onZoom, onPick }) {
  /** @type {readonly { name: string, findings: readonly Shown[] }[]} */
  let rows = [];
  const tip = element('div', { class: 'tip', hidden: true });
  const { chart, plot, zoom, relabel } = chartFrame(host, {
    label: '',
    height: ROW + AXIS,
    onZoom,
    y: {
      splits: () => rows.map((_, i) => rows.length - 1 - i),
      values: (self, splits) =>
        splits.map((at) => cut(rows[rows.length - 1 - at]?.name ?? '', labelLength(self))),
      size: (self) => labelWidth(self),
      gap: 8,
      font: '12px system-ui, sans-serif',
    },
    options: {
      scales: { x: { time: true }, y: { range: () => [-0.5, Math.max(rows.length, 1) - 0.5] } },
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(self) => draw(self, rows)],
        setCursor: [(self) => point(self)],
      },
    },
  });
  chart.over.append(tip);

  /** @param {Chart} self */
  function point(self) {
    const { left = -1, top = -1 } = self.cursor;
    const found = left < 0 ? undefined : nearest(self, rows, left, top);
    tip.hidden = found === undefined;
    self.over.classList.toggle('picks', found !== undefined);
    if (found === undefined) return;
    tip.replaceChildren(
      element('strong', {}, found.rule.title),
      element('span', {}, `${found.level}${found.score === undefined ? '' : `, score ${found.score}`}`),
      isolated(cut(found.who, 80)),
      element('span', {}, spanText(found.seen)),
    );
    const { clientWidth } = self.over;
    tip.style.left = `${Math.min(Math.max(left - 110, 0), Math.max(clientWidth - 250, 0))}px`;
    tip.style.top = `${top + 16}px`;
  }

  let pressed = -1;
  chart.over.addEventListener('pointerdown', ({ clientX }) => {
    pressed = clientX;
  });
  chart.over.addEventListener('click', (event) => {
    const { left = -1, top = -1 } = chart.cursor;
    const found = Math.abs(event.clientX - pressed) > 3 ? undefined : nearest(chart, rows, left, top);
    if (found !== undefined) onPick(found);
  });

  return {
    zoom,
    relabel,
    /**
     * @param {readonly Shown[]} findings
     * @param {Range} whole
     */
    show(findings, whole) {
      rows = byActor(findings);
      plot.setAttribute(
        'aria-label',
        `Timeline: ${numberText(findings.length)} detections of ${rows.map(({ name }) => name).join(', ')}. The table below has the same detections.`,
      );
      chart.setData(
        /** @type {any} */ ([
          [whole[0] / 1000, whole[1] / 1000],
          [null, null],
        ]),
        false,
      );
      chart.setSize({ width: chart.width, height: Math.max(rows.length, 2) * ROW + AXIS });
    },
  };
}

/** @param {readonly Shown[]} findings */
function byActor(findings) {
  const all = [...Map.groupBy(findings, ({ actor }) => actor)].map(([name, own]) => ({
    name,
    findings: own,
    score: own.reduce((sum, { score = 0 }) => sum + score, 0),
  }));
  all.sort((a, b) => b.score - a.score || b.findings.length - a.findings.length);
  if (all.length <= ACTORS_MAX) return all;
  const others = all.slice(ACTORS_MAX - 1).flatMap((one) => one.findings);
  return [...all.slice(0, ACTORS_MAX - 1), { name: OTHERS, findings: others }];
}

/**
 * @param {Chart} self
 * @param {Shown} finding
 * @param {boolean} canvas
 */
function span(self, { seen }, canvas) {
  const from = self.valToPos(seen[0] / 1000, 'x', canvas);
  const to = self.valToPos(seen[1] / 1000, 'x', canvas);
  const least = NARROWEST * (canvas ? devicePixelRatio : 1);
  const width = Math.max(to - from, least);
  return { left: (from + to - width) / 2, width };
}

/**
 * @param {Chart} self
 * @param {readonly { findings: readonly Shown[] }[]} rows
 */
function draw(self, rows) {
  const { ctx, bbox } = self;
  const levels = Object.keys(HEIGHTS);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.globalAlpha = 0.85;
  for (const level of levels) {
    ctx.fillStyle = colour(`--${level}`);
    const height = HEIGHTS[/** @type {keyof typeof HEIGHTS} */ (level)] * devicePixelRatio;
    for (const [i, { findings }] of rows.entries()) {
      const middle = self.valToPos(rows.length - 1 - i, 'y', true);
      for (const finding of findings) {
        if (finding.level !== level) continue;
        const { left, width } = span(self, finding, true);
        ctx.fillRect(left, middle - height / 2, width, height);
      }
    }
  }
  ctx.restore();
}

/**
 * The gravest detection whose mark is under the pointer, or near it.
 * @param {Chart} self
 * @param {readonly { findings: readonly Shown[] }[]} rows
 * @param {number} left
 * @param {number} top
 * @returns {Shown | undefined}
 */
function nearest(self, rows, left, top) {
  const row = rows[rows.length - 1 - Math.round(self.posToVal(top, 'y'))];
  let best;
  let least = NEAR;
  for (const finding of row?.findings ?? []) {
    const mark = span(self, finding, false);
    const away = Math.max(mark.left - left, left - mark.left - mark.width, 0);
    if (away < least || (away === least && best !== undefined && finding.rank > best.rank)) {
      best = finding;
      least = away;
    }
  }
  return best;
}

/** @param {Chart} self */
const labelWidth = ({ width }) => (width < 600 ? 110 : 230);
/** @param {Chart} self */
const labelLength = (self) => Math.floor((labelWidth(self) - 12) / 7);

/**
 * @param {string} text
 * @param {number} most
 */
const cut = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
