import { request } from '../../support/events.ts';
import { given, tell } from '../harness/child.ts';
import { detectorOf } from '../harness/detector.ts';
import type { Rules } from '../harness/rules-config.ts';
import { timed } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';
import { readFrames } from '../inputs/frames.ts';

export interface ReadingArgs {
  readonly tree: string;
  /**
   * parse: utf8 decode and JSON.parse of each line, the baseline. walk: the byte reader without a field to look for.
   * parsed: the plain reader. bytes: the byte reader. match: that, and matching. hits: that, and the hits made.
   */
  readonly how: 'parse' | 'walk' | 'parsed' | 'bytes' | 'match' | 'hits';
  readonly rules: Rules;
  readonly requests: string;
  readonly lines: string;
  readonly records: number;
  readonly bytes: number;
}

// Reading without a network.
const args = given<ReadingArgs>();
const { tree, how } = args;

let seen = 0;
const nothing = () => {
  seen++;
};

async function reader(): Promise<(body: Uint8Array) => unknown> {
  const { read } = await fromTree<typeof import('../../../src/audit/read.ts')>(tree, 'audit/read.ts', 'read');
  if (how === 'walk') {
    const { compilePlan } = await fromTree<typeof import('../../../src/audit/field-plan.ts')>(
      tree,
      'audit/field-plan.ts',
      'compilePlan',
    );
    const none = compilePlan([]);
    return (body) => read(request(body, 'otlp'), none, nothing);
  }
  const { detector, counters } = await detectorOf(tree, args.rules);
  const { plan, matcher, derived } = detector;
  if (how === 'hits') {
    const { find } = await fromTree<typeof import('../../../src/pipeline.ts')>(tree, 'pipeline.ts', 'find');
    return async (body) => {
      const found = await find(request(body, 'otlp'), read, detector, counters);
      if ('malformed' in found) throw new Error(found.malformed);
      seen += found.hits.length;
    };
  }
  if (how === 'parsed') {
    const { readPlainly } = await fromTree<typeof import('../../../src/audit/plain/read-plainly.ts')>(
      tree,
      'audit/plain/read-plainly.ts',
      'readPlainly',
    );
    return (body) => readPlainly(request(body, 'otlp'), plan, nothing);
  }
  if (how === 'bytes') return (body) => read(request(body, 'otlp'), plan, nothing);
  return (body) =>
    read(request(body, 'otlp'), plan, (event) => {
      seen++;
      matcher.match(event, derived, nothing, nothing);
    });
}

function parser(): (line: Uint8Array) => void {
  const utf8 = new TextDecoder();
  return (line) => {
    seen += (JSON.parse(utf8.decode(line)) as { level: string }).level.length;
  };
}

await tell(async () => {
  const each = how === 'parse' ? parser() : await reader();
  const bodies = readFrames(how === 'parse' ? args.lines : args.requests);
  const measured = await timed(args, async () => {
    for (const body of bodies) {
      const answer = each(body);
      if (answer instanceof Promise) await answer;
    }
  });
  if (seen === 0) throw new Error('nothing was read');
  return measured;
});
