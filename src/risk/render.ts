import { digest } from '../lib/digest.ts';
import { formatTime } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import { type Detection, FACTS, type FoldedGroups } from '../model/hit.ts';
import type { Rank, Render, RiskEvent } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import { levelOf } from '../semantics/level-scores.ts';
import { riskAttributes } from './attributes.ts';
import { fieldValues } from './detection-fields.ts';
import { type Redact, redactor } from './redaction/redactor.ts';
import { type Resource, resources } from './resource.ts';
import { resultRow } from './result-row.ts';
import { type RiskObjectValue, riskObjects, threatObject } from './risk-objects.ts';
import { SEVERITY } from './severity.ts';
import { type ShownDetection, shownDetection } from './shown-detection.ts';

/**
 * Turns detections into risk events: one for each risk object, or a single one where there is no risk object. A summary is
 * always a single record, and so is an overflow detection. A detection that the rule's result filter drops gives none; summaries are not filtered. Except for
 * the counters it is pure: the same detection gives the same events.
 * `resource`: OTEL_RESOURCE_ATTRIBUTES. `redact` comes last: ids, risk objects and result filters are those of the whole texts.
 * Throws for a rule that it was not given: the state drops such windows first.
 */
export function renderer(
  rules: readonly Rule[],
  resource: Resource,
  counters: Counters,
  redact: Redact = redactor(),
): Render {
  const resourceOf = resources(resource);
  const renders = new Map(rules.map((rule) => [rule.id, ruleRenderer(rule, resourceOf, redact, counters)]));
  return (detection) => {
    const render = renders.get(detection.rule);
    if (!render) throw new Error(`a detection of rule ${detection.rule}, which is not in force`);
    return render(detection);
  };
}

function ruleRenderer(
  rule: Rule,
  resourceOf: (detection: Detection) => Resource,
  redact: Redact,
  counters: Counters,
): Render {
  const valuesOf = fieldValues(rule);
  return (detection) => {
    // A detection that was sent gets its summary, whatever its final figures are.
    if (detection.kind === 'risk' && rule.keep && !rule.keep(resultRow(rule, detection))) {
      counters.add('detections_filtered', 1, rule.id);
      return [];
    }
    if (detection.kind === 'summary') {
      counters.add('summaries', 1, rule.id);
      const shown = shownDetection(rule, detection, valuesOf, [], redact);
      return [summary(rule, detection, shown, resourceOf(detection))];
    }
    if (detection.overflow) {
      counters.add('detections', 1, rule.id);
      const shown = shownDetection(rule, detection, valuesOf, [], redact);
      return [overflow(rule, detection, detection.overflow, shown, resourceOf(detection))];
    }
    const found = riskObjects(rule, valuesOf(detection));
    if (found.omitted > 0) counters.add('values_cut', found.omitted, rule.id);
    const shown = shownDetection(rule, detection, valuesOf, found.cutFields, redact);
    if (shown.redacted) counters.add('detections_redacted', 1, rule.id);
    const rank = rankOf(rule, detection);
    counters.add('detections', 1, rule.id, rule.silent ? undefined : rank.level);
    const threat = threatObject(rule.risk.threats, valuesOf(detection));
    const { objects } = found;
    return (objects.length > 0 ? objects : [undefined]).map((object) =>
      riskEvent(rule, detection, shown, rank, { object, threat }, resourceOf(detection)),
    );
  };
}

interface Objects {
  readonly object: RiskObjectValue | undefined;
  readonly threat: RiskObjectValue | undefined;
}

function riskEvent(
  rule: Rule,
  { id, at }: Detection,
  shown: ShownDetection,
  rank: Rank,
  { object, threat }: Objects,
  resource: Resource,
): RiskEvent {
  const uid = object ? digest([id, object.type, object.value]) : id;
  const { score, level } = rank;
  return {
    uid,
    detection: shown.detection,
    name: 'sidewatch.risk',
    at,
    score,
    severity: SEVERITY[level],
    severityText: level,
    rank,
    ...namesOf(rule),
    ...shown.contents(uid, (as) => riskAttributes(rule.risk, score, as(object), as(threat))),
    resource,
  };
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
function summary(rule: Rule, detection: Detection, shown: ShownDetection, resource: Resource): RiskEvent {
  const { id, at, count, exact, seen } = detection;
  const hits = `${exact ? '' : 'at least '}${count} ${count === 1 ? 'hit' : 'hits'}`;
  const { body, attributes } = shown.contents(id);
  return {
    uid: id,
    detection: shown.detection,
    name: 'sidewatch.summary',
    at,
    body: `${body} (summary: ${hits} from ${formatTime(seen[0])} to ${formatTime(seen[1])})`,
    severity: SEVERITY.informational,
    severityText: 'informational',
    rank: rankOf(rule, detection),
    attributes,
    ...namesOf(rule),
    resource,
  };
}

/** About several groups at once: it has no client, no risk object and no score. */
function overflow(
  rule: Rule,
  { id, at, exact }: Detection,
  { groups, network }: FoldedGroups,
  shown: ShownDetection,
  resource: Resource,
): RiskEvent {
  const { body, attributes } = shown.contents(id);
  const whose = network === undefined ? 'several networks' : network;
  return {
    uid: id,
    detection: shown.detection,
    name: 'sidewatch.overflow',
    at,
    body: `${body} (overflow: ${exact ? '' : 'at least '}${groups} ${groups === 1 ? 'group' : 'groups'} of ${whose} together)`,
    severity: SEVERITY[rule.level],
    severityText: rule.level,
    rank: { score: 0, level: rule.level },
    attributes,
    ...namesOf(rule),
    resource,
  };
}

const namesOf = ({ rename }: Rule): Pick<RiskEvent, 'names'> =>
  Object.keys(rename).length === 0 ? {} : { names: rename };
