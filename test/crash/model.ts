import type { RiskEvent } from '../../src/model/risk.ts';
import type { Rule } from '../../src/model/rule.ts';
import { engine } from '../support/engine.ts';
import { end } from '../support/hits.ts';
import type { LoadRequest } from './load.ts';

/** What must and may arrive: detections and summaries by the kind and the id of their detection. */
export interface Expected {
  /** Of every accepted request, counted once. */
  readonly least: ReadonlyMap<string, RiskEvent>;
  /** Of every request, counted as often as it was sent: rules without dedupe may count it so often. */
  readonly most: ReadonlyMap<string, RiskEvent>;
  readonly rules: readonly Rule[];
}

export const keyOf = (name: string, detection: string): string => `${name} ${detection}`;

/** Windows in memory that see all requests in their order, each at its time, in a process that never ends. */
export async function expectedOf(requests: readonly LoadRequest[], yaml: string): Promise<Expected> {
  const [least, rules] = await run(requests, yaml, () => 1);
  const [most] = await run(requests, yaml, ({ attempts }) => attempts);
  return { least, most, rules };
}

async function run(
  requests: readonly LoadRequest[],
  yaml: string,
  times: (request: LoadRequest) => number,
): Promise<[ReadonlyMap<string, RiskEvent>, readonly Rule[]]> {
  const memory = await engine(yaml, 'real');
  const found = new Map<string, RiskEvent>();
  const take = async () => {
    for (const event of await memory.fired()) {
      const { id, of = id } = event.detection;
      found.set(keyOf(event.name, of), event);
    }
  };
  for (const request of requests) {
    await memory.close(request.at);
    for (let i = 0; i < times(request); i++) {
      const verdict = await memory.handle(request.bytes, request.at);
      if (verdict.kind !== 'accepted')
        throw new Error(`the model does not accept: ${JSON.stringify(verdict)}`);
    }
    await take();
  }
  await memory.close(end);
  await take();
  return [found, memory.rules];
}
