import { digest } from '../lib/digest.ts';
import { formatTime } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import { type Detection, FACTS } from '../model/hit.ts';
import type { Rank, Render, RiskEvent } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import { levelOf } from '../semantics/level-scores.ts';
import { attributes, riskAttributes } from './attributes.ts';
import { type FieldValues, fieldValues } from './detection-fields.ts';
import { type Resource, resources } from './resource.ts';
import { resultRow } from './result-row.ts';
import { message } from './risk-message.ts';
import { riskObjects, threatObject } from './risk-objects.ts';
import { SEVERITY } from './severity.ts';

/**
 * Turns detections into risk events: one for each risk object, or a single one where there is no risk object. A summary is
 * always a single record. A detection that the rule's result filter drops gives none; summaries are not filtered. Except for
 * the counters it is pure: the same detection gives the same events.
 * `resource`: OTEL_RESOURCE_ATTRIBUTES. Throws for a rule that it was not given: the state drops such windows first.
 */
export function renderer(rules: readonly Rule[], resource: Resource, counters: Counters): Render {
  const resourceOf = resources(resource);
  const renders = new Map(rules.map((rule) => [rule.id, ruleRenderer(rule, resourceOf, counters)]));
  return (detection) => {
    const render = renders.get(detection.rule);
    if (!render) throw new Error(`a detection of rule ${detection.rule}, which is not in force`);
    return render(detection);
  };
}

function ruleRenderer(
  rule: Rule,
  resourceOf: (detection: Detection) => Resource,
  counters: Counters,
): Render {
  const valuesOf = fieldValues(rule);
  return (detection) => {
    // A detection that was sent gets its summary, whatever its final figures are.
    if (detection.kind === 'risk' && rule.keep && !rule.keep(resultRow(rule, detection))) {
      counters.add('detections_filtered', 1, rule.id);
      return [];
    }
    const values = valuesOf(detection);
    const resource = resourceOf(detection);
    if (detection.kind === 'summary') {
      counters.add('summaries', 1, rule.id);
      return [summary(rule, detection, values, resource)];
    }
    return risks(rule, detection, values, resource, counters);
  };
}

function risks(
  rule: Rule,
  detection: Detection,
  values: FieldValues,
  resource: Resource,
  counters: Counters,
): readonly RiskEvent[] {
  const { objects, omitted, cutFields } = riskObjects(rule, values);
  if (omitted > 0) counters.add('values_cut', omitted, rule.id);
  const shared = attributes(rule, detection, cutFields);
  const threat = threatObject(rule.risk.threats, values);
  const body = bodyOf(rule, values);
  const rank = rankOf(rule, detection);
  const { score, level } = rank;
  counters.add('detections', 1, rule.id, rule.silent ? undefined : level);
  return (objects.length > 0 ? objects : [undefined]).map((object) => {
    const uid = object ? digest([detection.id, object.type, object.value]) : detection.id;
    return {
      uid,
      detection,
      name: 'sidewatch.risk',
      at: detection.at,
      body,
      score,
      severity: SEVERITY[level],
      severityText: level,
      rank,
      attributes: {
        'log.record.uid': uid,
        ...shared,
        ...riskAttributes(rule.risk, score, object, threat),
      },
      resource,
    };
  });
}

/**
 * The score and the level of a detection. A rule may score refused requests lower (`refusedScore`); then the level follows
 * the score. It counts as refused only where the API server refused every hit.
 */
function rankOf({ risk, level }: Rule, { values }: Detection): Rank {
  const outcomes = values[FACTS.refused] ?? [];
  const refused = outcomes.length === 1 && outcomes[0] === 'true';
  if (!refused || risk.refusedScore === undefined) return { score: Math.round(risk.score), level };
  const score = Math.round(risk.refusedScore);
  return { score, level: levelOf(score, level) };
}

/** The final figures of a detection. Always INFO: the risk event has raised the alarm already. */
function summary(rule: Rule, detection: Detection, values: FieldValues, resource: Resource): RiskEvent {
  const { count, exact, seen } = detection;
  const hits = `${exact ? '' : 'at least '}${count} ${count === 1 ? 'hit' : 'hits'}`;
  return {
    uid: detection.id,
    detection,
    name: 'sidewatch.summary',
    at: detection.at,
    body: `${bodyOf(rule, values)} (summary: ${hits} from ${formatTime(seen[0])} to ${formatTime(seen[1])})`,
    severity: SEVERITY.informational,
    severityText: 'informational',
    rank: rankOf(rule, detection),
    attributes: { 'log.record.uid': detection.id, ...attributes(rule, detection, []) },
    resource,
  };
}

/** Never empty, because some backends drop a record without a body. */
function bodyOf(rule: Rule, values: FieldValues): string {
  for (const template of [rule.risk.message, rule.title]) {
    const line = message(template, values);
    if (line.trim() !== '') return line;
  }
  return rule.id;
}
