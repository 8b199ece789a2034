import { queryPairs } from '../lib/query.ts';
import type { EventReader, FieldPlan } from '../model/event.ts';
import { literalMap } from './literal-map.ts';

/** Arguments of one command; those behind them stand in the command line alone. */
export const COMMAND_ARGS_MAX = 4096;
/** Characters of a command line. The API server takes no longer request; what it takes is never cut. */
export const COMMAND_LINE_MAX = 2 ** 20;
/** Ends a command line that was cut. */
const CUT = '…';

/** What a request runs in a container. */
export interface Command {
  readonly args: readonly string[];
  /** The arguments with a space between each. */
  readonly line: string;
}

/**
 * The command of an exec or attach, or of the kubelet's run and exec behind nodes/proxy: the values of `command`, else the
 * words of the kubelet's `cmd`. undefined where there is none. Remembers its last answer by the URI.
 */
export function commandOf(plan: FieldPlan): (event: EventReader) => Command | undefined {
  const uri = plan.id('requestURI');
  const wayOf = literalMap(plan, 'objectRef.subresource', {
    exec: 'pod',
    attach: 'pod',
    proxy: 'kubelet',
  } as const);
  const isNode = literalMap(plan, 'objectRef.resource', { nodes: true });
  const commandIn = remembered();
  return (event) => {
    const way = wayOf(event);
    if (way === undefined || (way === 'kubelet' && isNode(event) !== true)) return undefined;
    const text = event.count(uri) === 1 ? event.scalar(uri, 0) : undefined;
    return typeof text === 'string' ? commandIn(text, way) : undefined;
  };
}

type Way = 'pod' | 'kubelet';

function remembered(): (uri: string, way: Way) => Command | undefined {
  let last: { readonly uri: string; readonly way: Way; readonly command: Command | undefined } | undefined;
  return (uri, way) => {
    if (last?.uri !== uri || last.way !== way) last = { uri, way, command: commandIn(uri, way) };
    return last.command;
  };
}

function commandIn(uri: string, way: Way): Command | undefined {
  const all: string[] = [];
  let words: readonly string[] | undefined;
  for (const [key, value] of queryPairs(uri)) {
    if (key === 'command') all.push(value);
    else if (key === 'cmd' && way === 'kubelet') words ??= value.split(' ');
  }
  // The kubelet's run reads `cmd` alone, its exec `command` alone.
  const ofRun = way === 'kubelet' && /^[^?]*\/proxy\/run\//.test(uri);
  const found = ofRun ? (words ?? all) : all.length > 0 ? all : words;
  if (found === undefined) return undefined;
  const line = found.join(' ');
  return {
    args: found.slice(0, COMMAND_ARGS_MAX),
    line: line.length > COMMAND_LINE_MAX ? line.slice(0, COMMAND_LINE_MAX - CUT.length) + CUT : line,
  };
}
