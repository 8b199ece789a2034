import { DEFAULT_QUEUE } from '../../config/outputs.ts';
import type { Config } from '../../config/schema.ts';
import { MemoryState } from '../../correlate/memory-state.ts';
import type { GeoFiles } from '../../enrich/geo.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Micros } from '../../model/time.ts';
import { createCounters, type ReadableCounters } from '../../ops/counter-store.ts';
import { withPlaces } from '../../pipeline.ts';
import { asItIs } from '../../risk/redaction/redactor.ts';
import { renderer } from '../../risk/render.ts';
import { detectorOf, type Loaded } from '../../setup/detector.ts';
import { limitsOf } from '../../setup/settings.ts';
import type { InputTally } from '../replay/input-tally.ts';
import { playInputs } from '../replay/play-inputs.ts';
import type { ReplayInput } from '../replay/replay-inputs.ts';
import { MatchTrace, TRACE_NEEDS, tracing } from './match-trace.ts';
import { type OwnEvent, ownEvent } from './own-event.ts';

export interface TracedReplay {
  /** In the order in which they fired; those that a result filter drops are marked. */
  readonly own: readonly OwnEvent[];
  readonly trace: MatchTrace;
  readonly tally: InputTally;
  readonly counters: ReadableCounters;
}

export interface TracedOptions {
  readonly cluster: string | undefined;
  readonly from: Micros | undefined;
  readonly to: Micros | undefined;
}

const ANY_IPV6 = '2001:db8::1';

/** Replays recordings with these rules, and keeps what explains its answers. Nothing is redacted: the other side's texts are whole. */
export async function tracedReplay(
  inputs: readonly ReplayInput[],
  { rules, ruleSet }: Pick<Loaded, 'rules' | 'ruleSet'>,
  config: Config,
  geo: GeoFiles,
  options: TracedOptions,
  err: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Promise<TracedReplay> {
  await geo.open();
  // An event that waits for a file is looked at twice, and would be traced twice; of the embedded files only one is open.
  await withPlaces(() => geo.locate(ANY_IPV6));
  const counters = createCounters();
  const trace = new MatchTrace();
  const needs = { ...ruleSet, needs: [...ruleSet.needs, ...TRACE_NEEDS] };
  const detector = tracing(detectorOf(needs, config, geo, rules), rules, trace);
  const state = new MemoryState({
    limits: limitsOf(config),
    counters,
    destinations: ['compare'],
    outbox: DEFAULT_QUEUE.size,
  });
  // Without their result filters: what these drop is a reason, too.
  const unfiltered = rules.map(({ keep: _, ...rule }) => rule);
  await state.use(unfiltered, renderer(unfiltered, {}, counters, asItIs));
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const own: OwnEvent[] = [];
  const take = (events: readonly RiskEvent[]) => {
    for (const event of events) {
      const made = ownEvent(event, byId.get(event.detection.rule)!);
      if (made !== undefined) own.push(made);
    }
  };
  const { cluster, from, to } = options;
  const reading = { cluster, times: { from, to }, idle: () => false };
  const tally = await playInputs(inputs, detector, counters, reading, { state, to: 'compare', take }, err);
  return { own, trace, tally, counters };
}
