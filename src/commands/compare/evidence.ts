import type { Geo } from '../../enrich/place.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import type { MatchTrace } from './match-trace.ts';
import type { OtherEvent, OtherSide, Range } from './other-event.ts';
import type { OwnEvent } from './own-event.ts';
import type { Pairing } from './pairing.ts';

/** What was read and replayed. */
export interface Compared {
  readonly side: OtherSide;
  readonly rules: readonly Rule[];
  readonly ruleSet: RuleSet;
  /** All of ours, also those that a result filter drops. */
  readonly own: readonly OwnEvent[];
  readonly pairing: Pairing;
  readonly trace: MatchTrace;
  readonly geo: Geo;
  /** The times of the first and the last event of the log; undefined for an empty one. */
  readonly covered: Range | undefined;
}

/** All that reasons are made of, ordered once. The maps have the ids of rules. */
export interface Evidence extends Compared {
  readonly ownOf: ReadonlyMap<string, readonly OwnEvent[]>;
  readonly otherOf: ReadonlyMap<string, readonly OtherEvent[]>;
  /** Those of the other side that ours has not. */
  readonly missingOf: ReadonlyMap<string, readonly OtherEvent[]>;
  /** Ours that the other side has not. */
  readonly onlyOwnOf: ReadonlyMap<string, readonly OwnEvent[]>;
  /** The stages that the other side's rows name. */
  readonly stages: ReadonlySet<string>;
  /** From the first to the last event that a search of the other side looked at, as far as its risk events say. */
  readonly searched: Range | undefined;
}

export function evidenceOf(found: Compared): Evidence {
  const { side, rules, own, pairing } = found;
  const byRule = (events: readonly OtherEvent[]) =>
    Map.groupBy(events, (event) => ruleOf(event, rules)?.id ?? '');
  return {
    ...found,
    ownOf: Map.groupBy(own, ({ rule }) => rule.id),
    otherOf: byRule(side.events),
    missingOf: byRule(pairing.onlyOther),
    onlyOwnOf: Map.groupBy(pairing.onlyOwn, ({ rule }) => rule.id),
    stages: new Set(side.events.flatMap(({ fields }) => fields.get('stage') ?? [])),
    searched: spanOf(side.events),
  };
}

/** The rule that a risk event of the other side names, if it is loaded. */
export function ruleOf({ title, rule: id }: OtherEvent, rules: readonly Rule[]): Rule | undefined {
  const named = title?.toLowerCase();
  return rules.find((rule) => rule.id === id || rule.title.toLowerCase() === named);
}

function spanOf(events: readonly OtherEvent[]): Range | undefined {
  let span: Range | undefined;
  for (const { window } of events)
    if (window !== undefined)
      span = [
        Math.min(span?.[0] ?? window[0], window[0]) as Micros,
        Math.max(span?.[1] ?? window[1], window[1]) as Micros,
      ];
  return span;
}
