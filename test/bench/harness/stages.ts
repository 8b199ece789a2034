/** What of a .cpuprofile is looked at: DevTools' Profiler.Profile. Times are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const IDLE = '(idle)';
/** V8's names for what is no function. */
const OUTSIDE: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native, outside of JavaScript',
  '(root)': 'native, outside of JavaScript',
};

/** receive, audit...: the folder under src, or the file; `node`; the package. undefined for a function of V8's own. */
function stageOf(url: string, functionName: string): string | undefined {
  if (url === '') return OUTSIDE[functionName];
  if (url.startsWith('node:')) return 'node';
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return library ?? /\/src\/([^/.]+)/.exec(url)?.[1] ?? 'other';
}

/**
 * Microseconds of CPU by stage, from `from` on (the clock of process.hrtime), the most first. What V8 does by itself for
 * a function (decoding, Map.get) is its caller's.
 */
export function byStage({ nodes, startTime, samples, timeDeltas }: CpuProfile, from: number) {
  const stages = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const name = (id: number, caller: string): void => {
    const { callFrame, children } = byId.get(id)!;
    const { url, functionName } = callFrame;
    const stage = functionName === IDLE ? IDLE : (stageOf(url, functionName) ?? caller);
    stages.set(id, stage);
    for (const child of children ?? []) name(child, stage);
  };
  name(nodes[0]!.id, 'native, outside of JavaScript');

  const spent = new Map<string, number>();
  let at = startTime;
  samples.forEach((id, i) => {
    at += timeDeltas[i]!;
    const stage = stages.get(id)!;
    // A sample stands for the time until the next one.
    if (at >= from && stage !== IDLE) spent.set(stage, (spent.get(stage) ?? 0) + (timeDeltas[i + 1] ?? 0));
  });
  return [...spent].sort(([, a], [, b]) => b - a);
}
