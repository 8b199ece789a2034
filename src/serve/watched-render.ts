import type { Detection } from '../model/hit.ts';
import type { Render, RiskEvent } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { FiredWatch } from './live/live-risk.ts';

/** Takes each detection that is sent, with the first of its risk events. */
export type DetectionWatch = (rule: Rule, detection: Detection, event: RiskEvent) => void;

/**
 * The same rendering, with a watch on its detections and one on all that is sent. Summaries are only in the second; what silent
 * rules fire is in none.
 */
export function watchedRender(
  render: Render,
  rules: readonly Rule[],
  watch: DetectionWatch,
  fired: FiredWatch,
): Render {
  const sending = new Map(rules.filter(({ silent }) => !silent).map((rule) => [rule.id, rule]));
  return (detection) => {
    const events = render(detection);
    const rule = sending.get(detection.rule);
    if (!rule || events.length === 0) return events;
    if (detection.kind === 'risk') watch(rule, detection, events[0]!);
    fired(rule.id, events);
    return events;
  };
}
