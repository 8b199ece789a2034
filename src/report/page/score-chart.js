import { chartFrame } from './chart-frame.js';
import { colour, element, isolated } from './dom.js';
import { numberText } from './times.js';

/** @import Chart from 'uplot' */
/** @import { Range } from './chart-frame.js' */
/** @import { PageScore } from '../html/page-data.ts' */

const HEIGHT = 240;

/**
 * The score of each risk object, added up over time. The list beside it shows the sums and turns lines on and off.
 * @param {HTMLElement} host
 * @param {readonly PageScore[]} scores
 * @param {Range} whole
 * @param {{ onZoom: (range: Range) => void }} on
 */
export function scoreChart(host, scores, whole, { onZoom }) {
  const { chart, zoom, relabel } = chartFrame(host, {
    label: `Score over time: ${scores.map(({ object, total }) => `${object} ${total}`).join(', ')}`,
    height: HEIGHT,
    onZoom,
    y: { size: 56 },
    options: {
      scales: { x: { time: true }, y: { range: (_self, _min, max) => [0, Math.max(max * 1.08, 10)] } },
      series: [{}, ...scores.map((_, i) => line(i))],
      cursor: { points: { show: true, size: 7 } },
      hooks: { setCursor: [(self) => figures(self)] },
    },
  });
  chart.setData(/** @type {any} */ (sums(scores, whole)), false);

  const shown = scores.map(({ total }) => element('span', { class: 'figure' }, numberText(total)));
  host.append(
    element(
      'ul',
      { class: 'lines', 'aria-label': 'Lines of the chart, with their final score' },
      ...scores.map(({ object }, i) => element('li', {}, toggle(object, i))),
    ),
  );

  /**
   * @param {string} object
   * @param {number} i
   */
  function toggle(object, i) {
    const button = element(
      'button',
      {
        type: 'button',
        'aria-pressed': 'true',
        click: () => {
          const on = button.getAttribute('aria-pressed') !== 'true';
          button.setAttribute('aria-pressed', String(on));
          chart.setSeries(i + 1, { show: on });
        },
      },
      element('i', { class: `swatch line${i}` }),
      isolated(object),
      shown[i] ?? '',
    );
    return button;
  }

  /** At the pointer, else the final ones. @param {Chart} self */
  function figures(self) {
    const at = self.cursor.idx;
    for (const [i, figure] of shown.entries()) {
      const value = at == null ? scores[i]?.total : self.data[i + 1]?.[at];
      figure.textContent = numberText(value ?? 0);
    }
  }

  return { zoom, relabel };
}

/**
 * @param {number} i
 * @returns {Chart.Series}
 */
const line = (i) => ({
  stroke: () => colour(`--line${i}`),
  width: 2,
  // Lines that colours do not distinguish differ in their dashes.
  dash: [[], [8, 4], [2, 3]][i % 3] ?? [],
  points: { show: false },
  paths: /** @type {any} */ (uPlot.paths).stepped({ align: 1 }),
});

/**
 * One column of times, and for each object one of sums.
 * @param {readonly PageScore[]} scores
 * @param {Range} whole
 */
function sums(scores, whole) {
  const times = new Set(whole);
  for (const { points } of scores) for (const [at] of points) times.add(at);
  const xs = [...times].sort((a, b) => a - b);
  const columns = scores.map(({ points }) => {
    let next = 0;
    let sum = 0;
    return xs.map((x) => {
      for (; next < points.length && (points[next]?.[0] ?? 0) <= x; next += 1) sum += points[next]?.[1] ?? 0;
      return sum;
    });
  });
  return [xs.map((x) => x / 1000), ...columns];
}
