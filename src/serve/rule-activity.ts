import { formatTime } from '../lib/time-format.ts';
import type { Micros } from '../model/time.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Detector } from '../pipeline.ts';
import type { RuleSet } from '../rules/assembly/load-rules.ts';
import { ruleList } from '../rules/explain/rule-list.ts';

/** What `rules list` shows, and what each rule in force has done since the start. */
export function ruleActivity(ruleSet: RuleSet, detector: Detector, counters: ReadableCounters) {
  const { hash, rules, off, filters } = ruleList(ruleSet);
  const unseen = detector.unseen();
  const inputs = new Map(ruleSet.rules.map((rule) => [rule.id, rule.inputs]));
  return {
    hash,
    rules: rules.map((rule) => {
      const own = inputs.get(rule.id) ?? [];
      const sum = (name: 'matches' | 'matches_filtered') =>
        own.reduce((total, input) => total + counters.total(name, input), 0);
      const last = Math.max(...own.map((input) => detector.lastMatch.get(input) ?? 0));
      const blind = own.filter((input) => unseen.has(input));
      return {
        ...rule,
        /** Events that its inputs matched. */
        matched: sum('matches'),
        /** Matches that a Sigma filter excluded. */
        filtered: sum('matches_filtered'),
        fired: counters.total('detections', rule.id),
        /** Detections that a result filter dropped. */
        dropped: counters.total('detections_filtered', rule.id),
        last_match: last > 0 ? formatTime(last as Micros) : null,
        /**
         * Events that it could have matched while no such event had the body (requestObject, responseObject) that it reads:
         * the audit policy does not log it. 0 after the first event with a body.
         */
        without_body: blind.reduce((total, input) => total + unseen.get(input)!, 0),
      };
    }),
    off,
    filters,
  };
}

export type RuleActivity = ReturnType<typeof ruleActivity>;
