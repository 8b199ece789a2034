import type { Detection } from '../model/hit.ts';
import type { Render, RiskEvent } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';

/** Takes each detection that is sent, with the first of its risk events. */
export type DetectionWatch = (rule: Rule, detection: Detection, event: RiskEvent) => void;

/** The same rendering, with a watch on its detections. Summaries and detections of silent rules are not watched. */
export function watchedRender(render: Render, rules: readonly Rule[], watch: DetectionWatch): Render {
  const sending = new Map(rules.filter(({ silent }) => !silent).map((rule) => [rule.id, rule]));
  return (detection) => {
    const events = render(detection);
    const rule = sending.get(detection.rule);
    if (detection.kind === 'risk' && rule && events.length > 0) watch(rule, detection, events[0]!);
    return events;
  };
}
