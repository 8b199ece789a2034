import { styleText } from 'node:util';
import { plainText } from '../../lib/plain-text.ts';
import { formatTime } from '../../lib/time-format.ts';
import type { DetectionTrace } from '../../rules/explain/trace-detection.ts';
import type { Counted, Explained, ExplainedHit, ExplainedRule, Explanation, Match } from './explanation.ts';
import { type TraceLine, traceLines } from './trace-lines.ts';

/** An explanation as a tree; in colour if the stream is a terminal with colours. */
export function explainText(
  { event, matches, explanation, fired, needed }: Explained,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
): string {
  const lines: TraceLine[] = [
    {
      depth: 0,
      holds: matches,
      text: `${event} ${matches ? 'matches' : 'does not match'} ${called(explanation.rule)}`,
    },
    ...ruleLines(explanation, 1),
    ...(fired.length > 0
      ? fired.map(({ message, score, level }) => ({
          depth: 0,
          text: `fires for this event alone: ${message} (${level}, score ${score})`,
        }))
      : needed.map((text, i) => ({ depth: i === 0 ? 0 : 1, text: i === 0 ? `to fire: ${text}` : text }))),
  ];
  const printed =
    stream.isTTY === true
      ? painted(lines, (color, text) => styleText(color, text, { stream }))
      : plainLines(lines);
  return printed.map((line) => `${line}\n`).join('');
}

/** The tree without colours. */
export const plainLines = (lines: readonly TraceLine[]): readonly string[] =>
  painted(lines, (_, text) => text);

function painted(
  lines: readonly TraceLine[],
  paint: (color: 'green' | 'red' | 'dim', text: string) => string,
): readonly string[] {
  return lines.map(({ depth, holds, text, seen }) => {
    const mark = holds === undefined ? '' : holds ? `${paint('green', '✓')} ` : `${paint('red', '✗')} `;
    const end = seen === undefined ? '' : paint('dim', `  ${plainText(seen)}`);
    return `${'  '.repeat(depth)}${mark}${plainText(text)}${end}`;
  });
}

export function ruleLines(explanation: Explanation, depth: number): readonly TraceLine[] {
  return explanation.kind === 'match' ? matchLines(explanation, depth) : countedLines(explanation, depth);
}

function countedLines(
  { rule, fires, level, score, inputs, hits }: Counted,
  depth: number,
): readonly TraceLine[] {
  const [only] = inputs;
  // A rule that fires for each event has itself as its input.
  const itself = inputs.length === 1 && only?.kind === 'match' && only.rule.id === rule.id;
  const lines: TraceLine[] = [
    { depth, text: `fires at: ${fires}; ${level}, score ${score}; ${rule.source}` },
  ];
  for (const input of inputs) {
    if (itself) lines.push(...ruleLines(input, depth));
    else
      lines.push(
        { depth, holds: holds(input), text: `counts ${called(input.rule)}`, seen: input.rule.source },
        ...ruleLines(input, depth + 1),
      );
  }
  for (const hit of hits) {
    const group = Object.entries(hit.group).map(([field, value]) => `${field} = ${value ?? '(missing)'}`);
    const identity =
      hit.identity === null ? 'none: repeats count too' : `${hit.identity} (one per ${hit.dedupe})`;
    lines.push(
      { depth, text: `counted in windows${itself ? '' : ` as ${hit.input}`}` },
      {
        depth: depth + 1,
        text: `time: ${timeWords(hit)}`,
      },
      { depth: depth + 1, text: `group: ${group.length > 0 ? group.join(', ') : 'one for all events'}` },
      { depth: depth + 1, text: `identity: ${identity}` },
    );
  }
  if (hits.length === 0 && inputs.some((input) => input.kind === 'match' && input.matches))
    lines.push({
      depth,
      text: 'counted in no window: a group field is missing (missing: drop)',
    });
  return lines;
}

function matchLines({ own, filters }: Match, depth: number): readonly TraceLine[] {
  return [
    ...detectionLines(own, depth),
    ...filters.flatMap(({ filter, trace }) => [
      {
        depth,
        holds: trace.holds,
        text: `filter ${called(filter)} ${trace.holds ? 'keeps the event' : 'excludes the event'}`,
        seen: filter.source,
      },
      ...(trace.holds ? [] : detectionLines(trace, depth + 1)),
    ]),
  ];
}

function detectionLines({ conditions, selections }: DetectionTrace, depth: number): readonly TraceLine[] {
  return [
    ...conditions.map(({ text, holds }) => ({ depth, holds, text: `condition: ${text}` })),
    ...selections.flatMap(({ name, trace }) => traceLines(trace, depth + 1, name)),
  ];
}

function timeWords({ at, timed }: ExplainedHit): string {
  if (timed) return formatTime(at);
  const why = 'the event has no readable stageTimestamp';
  return at === 0 ? `unknown: ${why}` : `${formatTime(at)}, a fallback: ${why}`;
}

const holds = (explanation: Explanation): boolean =>
  explanation.kind === 'match' ? explanation.matches : explanation.inputs.some(holds);

const called = ({ name, title }: ExplainedRule): string => (name === null ? title : `${title} (${name})`);
