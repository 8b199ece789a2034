import { cutText } from '../../lib/cut-text.ts';
import { jsonText } from '../../lib/json-text.ts';
import { plainText } from '../../lib/plain-text.ts';
import { textWidth } from '../../lib/text-width.ts';
import { LEVELS } from '../../model/rule.ts';
import type { Colours } from '../../report/terminal/colours.ts';
import type { LiveEvent } from './live-event.ts';

/** How lines look: columns that fit, if they must, and colours. */
interface LineLook {
  readonly width: number | undefined;
  readonly colours: Colours;
}

const RULE_WIDTH = 32;
const HEAD = row('TIME', 'LEVEL', 'SCORE', 'COUNT', 'RULE', 'MESSAGE');

/** Makes the text of a risk event; '' where it adds nothing to what was shown. */
export type TailLines = (one: LiveEvent) => string;

/** As `replay --output json` has them. */
export const tailJson: TailLines = ({ event }) => `${jsonText(event)}\n`;

/** One line for each detection, below a head: a further risk object of it adds nothing, nor does its summary. */
export function tailTable({ width = Number.POSITIVE_INFINITY, colours }: LineLook): TailLines {
  let last = '';
  let head = `${HEAD}\n`;
  return ({ event }) => {
    const { attributes, eventName, severityText } = event;
    const id = String(attributes['sidewatch.detection.id']);
    if (eventName === 'sidewatch.summary' || id === last) return '';
    last = id;
    const line = cutText(lineOf(event), width);
    const shown = head + coloured(line, severityText, colours);
    head = '';
    return `${shown}\n`;
  };
}

function lineOf({ timestamp, severityText, body, attributes, resource }: LiveEvent['event']): string {
  const cluster = resource['k8s.cluster.name'];
  const exact = attributes['sidewatch.count.exact'] !== false;
  return row(
    `${timestamp.slice(0, 10)} ${timestamp.slice(11, 19)}`,
    severityText,
    String(attributes['sidewatch.risk.score'] ?? ''),
    `${attributes['sidewatch.count'] ?? ''}${exact ? '' : '+'}`,
    String(attributes['security_rule.name'] ?? ''),
    cluster === undefined ? body : `${body} [${cluster}]`,
  );
}

function row(time: string, level: string, score: string, count: string, rule: string, message: string) {
  const left = [padded(time, 19), padded(level, 13), score.padStart(5), count.padStart(6)];
  return [...left, padded(rule, RULE_WIDTH), plainText(message)].join('  ');
}

function padded(text: string, width: number): string {
  const cut = cutText(plainText(text), width);
  return cut + ' '.repeat(Math.max(0, width - textWidth(cut)));
}

/** The level alone: a line in one colour is hard to read. */
function coloured(line: string, level: string, colours: Colours): string {
  const known = LEVELS.find((one) => one === level);
  return known === undefined ? line : line.replace(known, colours.level(known, known));
}
