import { read } from '../../audit/read.ts';
import { DEFAULT_QUEUE } from '../../config/outputs.ts';
import type { Config } from '../../config/schema.ts';
import { MemoryState } from '../../correlate/memory-state.ts';
import type { Geo } from '../../enrich/place.ts';
import type { Hit } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { createCounters } from '../../ops/counter-store.ts';
import { type Detector, find } from '../../pipeline.ts';
import { renderer } from '../../risk/render.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { compilingMatcher, fieldNeeds } from '../../rules/matching/matcher.ts';
import { detectorOf } from '../../setup/detector.ts';
import { redactionFor } from '../../setup/redaction.ts';
import { limitsOf } from '../../setup/settings.ts';
import { play } from '../replay/play.ts';

/** A test event that is no audit event. */
export class NoEvent extends Error {
  override readonly name = 'NoEvent';
}

/** Some rules of a set, ready to run on a few events. */
export interface Engine {
  /** Reads and matches single events. */
  readonly detector: Detector;
  /** The risk events that these events fire, in order, with windows that start empty. Throws NoEvent. */
  run(events: readonly object[], cluster: string | undefined): Promise<readonly RiskEvent[]>;
  /** The same for hits. */
  fired(hits: readonly Hit[]): Promise<readonly RiskEvent[]>;
}

/** `rules`: the rules of the set that may fire. `matching`: further base rules whose fields are read. */
export function engine(
  ruleSet: RuleSet,
  { rules, matching = [] }: { readonly rules: readonly Rule[]; readonly matching?: readonly string[] },
  config: Config,
  geo: Geo,
): Engine {
  const counters = createCounters();
  const needed = withInputs(rules, ruleSet.rules);
  const counted = new Set([...matching, ...needed.flatMap(({ inputs }) => inputs)]);
  const narrowed = only(ruleSet, counted);
  const detector = detectorOf(narrowed, config, geo, needed);
  const render = renderer(needed, {}, counters, redactionFor(config));
  const own = new Set(rules.map(({ id }) => id));

  async function hitsOf(events: readonly object[], cluster: string | undefined): Promise<Hit[]> {
    const hits: Hit[] = [];
    for (const event of events) {
      const request = {
        bytes: Buffer.from(JSON.stringify(event)),
        shape: 'line' as const,
        arrived: 0 as Micros,
        headers: new Map<string, string>(),
        ...(cluster === undefined ? {} : { cluster }),
      };
      const before = counters.total('events');
      const found = await find(request, read, detector, counters);
      if ('malformed' in found) throw new NoEvent(found.malformed);
      if (found.rejected > 0) throw new NoEvent(found.why ?? 'malformed');
      if (counters.total('events') === before) throw new NoEvent('an event is no audit event');
      hits.push(...found.hits);
    }
    return hits;
  }

  async function fired(hits: readonly Hit[]): Promise<readonly RiskEvent[]> {
    const state = new MemoryState({
      limits: limitsOf(config),
      counters,
      destinations: ['test'],
      outbox: DEFAULT_QUEUE.size,
    });
    await state.use(needed, render);
    const out: RiskEvent[] = [];
    // As `replay` merges recordings: by time, and for equal times in the order of the events.
    const ordered = hits.toSorted((one, other) => one.at - other.at);
    await play(ordered, state, 'test', DEFAULT_QUEUE.batch, (batch) => {
      out.push(...batch.filter(({ detection }) => own.has(detection.rule)));
    });
    return out;
  }

  return { detector, fired, run: async (events, cluster) => fired(await hitsOf(events, cluster)) };
}

/** The set with these base rules only: compiling a whole pack takes a while. */
function only(ruleSet: RuleSet, ids: ReadonlySet<string>): RuleSet {
  const bases = ruleSet.bases.filter(({ id }) => ids.has(id));
  return {
    ...ruleSet,
    bases,
    needs: fieldNeeds(bases),
    compiling: (plan) => compilingMatcher(bases, plan),
  };
}

/** The rules, and those whose detections they count. */
function withInputs(rules: readonly Rule[], all: readonly Rule[]): readonly Rule[] {
  const byId = new Map(all.map((rule) => [rule.id, rule]));
  const needed = new Set(rules);
  for (const rule of needed)
    for (const input of rule.inputs) {
      const inner = byId.get(input);
      if (inner !== undefined) needed.add(inner);
    }
  return all.filter((rule) => needed.has(rule));
}
