import { formatTime } from '../lib/time-format.ts';
import { AUDIT_IDS_MAX, CLAIMED_MAX } from '../model/bounds.ts';
import { type Detection, FACTS } from '../model/hit.ts';
import type { Attribute } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import { ownFields } from '../semantics/rule-fields.ts';
import { tactics, techniques } from './attack.ts';
import { facts } from './detection-facts.ts';
import { inByteOrder } from './detection-fields.ts';
import type { RiskObjectValue } from './risk-objects.ts';

export type Attributes = Readonly<Record<string, Attribute>>;

/** The attribute table of docs/risk-event.md, but for what differs by risk object. `truncated`: fields cut here. */
export function attributes(rule: Rule, detection: Detection, truncated: readonly string[]): Attributes {
  const own = ownFields(rule);
  return present({
    // A summary has an id of its own and is found by that of the detection it completes.
    'sidewatch.detection.id': detection.of ?? detection.id,
    'security_rule.name': rule.title,
    'security_rule.uuid': rule.id,
    'security_rule.ruleset.name': rule.ruleset,
    'security_rule.description': rule.description || undefined,
    'security_rule.reference': rule.references[0] || undefined,
    'sidewatch.rule.level': rule.level,
    'sidewatch.rule.tags': rule.tags,
    'sidewatch.rule.tactics': tactics(rule.tags),
    'sidewatch.rule.techniques': techniques(rule.tags),
    'sidewatch.rule.analytic_story': rule.risk.analyticStory,
    'sidewatch.count': detection.count,
    'sidewatch.count.exact': detection.exact,
    'sidewatch.value': told(detection.value),
    'sidewatch.first_seen': formatTime(detection.seen[0]),
    'sidewatch.last_seen': formatTime(detection.seen[1]),
    'sidewatch.window.start': formatTime(detection.window[0]),
    'sidewatch.window.end': formatTime(detection.window[1]),
    'sidewatch.window.cut': detection.cut || undefined,
    'sidewatch.overflow': detection.overflow || undefined,
    ...prefixed('sidewatch.group.', Object.entries(detection.group)),
    ...prefixed(
      'sidewatch.values.',
      shown(rule).map((field) => [field, inByteOrder(detection.values[field] ?? [])]),
    ),
    'sidewatch.values.truncated': inByteOrder([
      ...detection.truncated.filter((field) => !field.startsWith('@')),
      ...(detection.values[FACTS.cut] ?? []).filter((field) => own.includes(field)),
      ...truncated,
    ]),
    'sidewatch.audit_ids': (detection.values[FACTS.auditId] ?? []).slice(0, AUDIT_IDS_MAX),
    'sidewatch.client.claimed': inByteOrder(detection.values[FACTS.claimed] ?? []).slice(0, CLAIMED_MAX),
    ...facts(detection),
  });
}

/** A risk event's score and whom it is about. A summary has none of these: it must not be scored a second time. */
export function riskAttributes(
  { impact, confidence }: Rule['risk'],
  score: number,
  object: RiskObjectValue | undefined,
  threat: RiskObjectValue | undefined,
): Attributes {
  return present({
    'sidewatch.risk.score': score,
    'sidewatch.risk.impact': impact === undefined ? undefined : Math.round(impact),
    'sidewatch.risk.confidence': confidence === undefined ? undefined : Math.round(confidence),
    'sidewatch.risk.object': object?.value,
    'sidewatch.risk.object.type': object?.type,
    'sidewatch.risk.threat.object': threat?.value,
    'sidewatch.risk.threat.object.type': threat?.type,
  });
}

/** Collected fields, and those whose distinct values are what fired. */
function shown({ kind, conditionFields, risk }: Rule): readonly string[] {
  return kind === 'value_count' ? [...new Set([...risk.collect, ...conditionFields])] : risk.collect;
}

/** A whole number goes on the wire as an int of 64 bits, so one that a double cannot tell from its neighbours is left out. */
function told(value: number | undefined): number | undefined {
  if (value === undefined || Number.isSafeInteger(value)) return value;
  return Number.isFinite(value) && !Number.isInteger(value) ? value : undefined;
}

function prefixed<T>(prefix: string, entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries.map(([name, value]) => [prefix + name, value]));
}

/** Leaves out what has no value, and lists that hold nothing. An empty string stays: a group may be one. */
function present(all: Record<string, Attribute | null | undefined>): Attributes {
  const held: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && value.length === 0) continue;
    held[name] = value;
  }
  return held;
}
