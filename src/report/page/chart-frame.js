import { colour, element } from './dom.js';
import { chartTime } from './times.js';

/** @import Chart from 'uplot' */
/** @typedef {readonly [number, number]} Range from and to, in milliseconds */

/** Labels of times: hours and minutes, with the day below where it changes. */
const TIMES = [
  [86400 * 28, '{YYYY}-{MM}', null, null, null, null, null, null, 1],
  [86400, '{YYYY}-{MM}-{DD}', null, null, null, null, null, null, 1],
  [3600, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{YYYY}-{MM}-{DD}', null, null, null, 1],
  [60, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{YYYY}-{MM}-{DD}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{YYYY}-{MM}-{DD}', null, '\n{YYYY}-{MM}-{DD}', null, null, null, 1],
  [0.001, '{HH}:{mm}:{ss}.{fff}', '\n{YYYY}-{MM}-{DD}', null, '\n{YYYY}-{MM}-{DD}', null, null, null, 1],
];

/**
 * A chart over time that fits its host and follows its width and the colours of the page.
 * @param {HTMLElement} host
 * @param {{ label: string, height: number, options: Pick<Chart.Options, 'scales' | 'series' | 'hooks' | 'cursor'>, y: Chart.Axis, onZoom: (range: Range) => void }} about
 */
export function chartFrame(host, { label, height, options, y, onZoom }) {
  const plot = element('div', { class: 'plot', role: 'img', 'aria-label': label });
  host.append(plot);
  /** True while the range comes from outside, so that it is not reported back. */
  let told = false;
  const axis = { stroke: () => colour('--muted'), grid: { stroke: () => colour('--grid'), width: 1 } };
  const chart = new uPlot(
    {
      width: Math.max(plot.clientWidth, 200),
      height,
      ms: 1e-3,
      tzDate: chartTime,
      legend: { show: false },
      ...options,
      axes: [
        { ...axis, ticks: { show: false }, space: 70, values: /** @type {any} */ (TIMES) },
        { ...axis, ticks: { show: false }, ...y },
      ],
      cursor: {
        drag: { x: true, y: false, setScale: true },
        points: { show: false },
        y: false,
        ...options.cursor,
      },
      hooks: {
        ...options.hooks,
        setScale: [
          (self, key) => {
            const { min, max } = self.scales['x'] ?? {};
            if (key !== 'x' || told || min == null || max == null) return;
            onZoom([min * 1000, max * 1000]);
          },
        ],
      },
    },
    /** @type {any} */ ([[], []]),
    plot,
  );
  new ResizeObserver(() => {
    const width = plot.clientWidth;
    if (width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height });
  }).observe(plot);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw());

  return {
    chart,
    plot,
    /** After a change of the zone. */
    relabel: () => chart.redraw(false, true),
    /** @param {Range} range */
    zoom([from, to]) {
      told = true;
      chart.batch(() => chart.setScale('x', { min: from / 1000, max: to / 1000 }));
      told = false;
    },
  };
}
