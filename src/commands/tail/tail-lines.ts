import { cutText } from '../../lib/cut-text.ts';
import { jsonText } from '../../lib/json-text.ts';
import { plainText } from '../../lib/plain-text.ts';
import { textWidth } from '../../lib/text-width.ts';
import { LEVELS } from '../../model/rule.ts';
import type { Colours } from '../../report/terminal/colours.ts';
import type { Screen } from '../output/screen.ts';
import type { LiveEvent } from './live-event.ts';

/** From this width on there is room for all columns. */
const WIDE = 120;

/** Columns before the message, in columns of a terminal. A narrow terminal has less, for the sake of the message: 0 leaves a column out. */
const COLUMNS = [
  { name: 'TIME', wide: 19, narrow: 8 },
  { name: 'LEVEL', wide: 13, narrow: 13 },
  { name: 'SCORE', wide: 5, narrow: 5 },
  { name: 'COUNT', wide: 6, narrow: 0 },
  { name: 'RULE', wide: 32, narrow: 0 },
] as const;
const NUMBERS: ReadonlySet<string> = new Set(['SCORE', 'COUNT']);
const MESSAGE_LEAST = 20;

/** Makes the text of a risk event; '' where it adds nothing to what was shown. */
export type TailLines = (one: LiveEvent) => string;

/** As `replay --output json` has them. */
export const tailJson: TailLines = ({ event }) => `${jsonText(event)}\n`;

/**
 * One line for each detection, below a head: a further risk object of it adds nothing, nor does its summary. `screen`: asked for
 * each line, because a terminal may change its width.
 */
export function tailTable(screen: () => Screen): TailLines {
  let last = '';
  let begun = false;
  return ({ event }) => {
    const { attributes, eventName } = event;
    const id = String(attributes['sidewatch.detection.id']);
    if (eventName === 'sidewatch.summary' || id === last) return '';
    last = id;
    const { width: fit = Number.POSITIVE_INFINITY, colours } = screen();
    const head = COLUMNS.map(({ name }) => name);
    const above = begun ? '' : row([...head, 'MESSAGE'], fit);
    begun = true;
    return above + row(cellsOf(event, fit), fit, coloured(event.severityText, colours));
  };
}

function cellsOf(
  { timestamp, severityText, body, attributes, resource }: LiveEvent['event'],
  fit: number,
): readonly string[] {
  const cluster = resource['k8s.cluster.name'];
  const exact = attributes['sidewatch.count.exact'] !== false;
  const clock = timestamp.slice(11, 19);
  return [
    fit < WIDE ? clock : `${timestamp.slice(0, 10)} ${clock}`,
    severityText,
    String(attributes['sidewatch.risk.score'] ?? ''),
    `${attributes['sidewatch.count'] ?? ''}${exact ? '' : '+'}`,
    String(attributes['security_rule.name'] ?? ''),
    cluster === undefined ? body : `${body} [${cluster}]`,
  ];
}

/** `level`: makes the cell of the level. */
function row(cells: readonly string[], fit: number, level = (cell: string) => cell): string {
  const shown: string[] = [];
  let used = 0;
  for (const [i, { name, wide, narrow }] of COLUMNS.entries()) {
    const width = fit < WIDE ? narrow : wide;
    if (width === 0) continue;
    const cell = padded(cells[i]!, width, NUMBERS.has(name));
    shown.push(name === 'LEVEL' ? level(cell) : cell);
    used += width + 2;
  }
  const message = cutText(plainText(cells.at(-1)!), Math.max(MESSAGE_LEAST, fit - used));
  return `${[...shown, message].join('  ')}\n`;
}

function padded(text: string, width: number, right: boolean): string {
  const cut = cutText(plainText(text), width);
  const room = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return right ? room + cut : cut + room;
}

/** The level alone: a line in one colour is hard to read. */
function coloured(level: string, colours: Colours): (cell: string) => string {
  const known = LEVELS.find((one) => one === level);
  return (cell) => (known === undefined ? cell : colours.level(cell, known));
}
