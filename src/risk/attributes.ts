import { formatTime } from '../lib/time-format.ts';
import { AUDIT_IDS_MAX, CLAIMED_MAX } from '../model/bounds.ts';
import { type Detection, FACTS } from '../model/hit.ts';
import type { Attribute } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import { tactics, techniques } from '../semantics/attack.ts';
import { ownFields } from '../semantics/rule-fields.ts';
import { facts } from './detection-facts.ts';
import { inByteOrder } from './detection-fields.ts';
import type { RiskObjectValue } from './risk-objects.ts';

export type Attributes = Readonly<Record<string, Attribute>>;

/** The attributes of docs/risk-event.md, except those that differ between risk objects. `truncated`: fields that were cut here. */
export function attributes(rule: Rule, detection: Detection, truncated: readonly string[]): Attributes {
  const fieldsOfRule = ownFields(rule);
  return withoutEmpty({
    // A summary has its own id; the id of the detection that it completes connects the two.
    'sidewatch.detection.id': detection.of ?? detection.id,
    'security_rule.name': rule.title,
    'security_rule.uuid': rule.id,
    'security_rule.ruleset.name': rule.ruleset,
    'security_rule.version': rule.version,
    'security_rule.description': rule.description || undefined,
    'security_rule.reference': rule.references[0] || undefined,
    'sidewatch.rule.level': rule.level,
    'sidewatch.rule.tags': rule.tags,
    'sidewatch.rule.tactics': tactics(rule.tags),
    'sidewatch.rule.techniques': techniques(rule.tags),
    'sidewatch.rule.analytic_story': rule.risk.analyticStory,
    'sidewatch.count': detection.count,
    'sidewatch.count.exact': detection.exact,
    'sidewatch.value': exactNumber(detection.value),
    'sidewatch.first_seen': formatTime(detection.seen[0]),
    'sidewatch.last_seen': formatTime(detection.seen[1]),
    'sidewatch.time.fallback': detection.values[FACTS.fallback] === undefined ? undefined : true,
    'sidewatch.window.start': formatTime(detection.window[0]),
    'sidewatch.window.end': formatTime(detection.window[1]),
    'sidewatch.window.cut': detection.cut || undefined,
    'sidewatch.overflow': detection.overflow && true,
    'sidewatch.overflow.groups': detection.overflow?.groups,
    'sidewatch.overflow.network': detection.overflow?.network,
    ...prefixed('sidewatch.group.', Object.entries(detection.group)),
    ...prefixed(
      'sidewatch.values.',
      valueFields(rule).map((field) => [field, inByteOrder(detection.values[field] ?? [])]),
    ),
    'sidewatch.values.truncated': inByteOrder([
      ...detection.truncated.filter((field) => !field.startsWith('@')),
      ...(detection.values[FACTS.cut] ?? []).filter((field) => fieldsOfRule.includes(field)),
      ...truncated,
    ]),
    'sidewatch.audit_ids': (detection.values[FACTS.auditId] ?? []).slice(0, AUDIT_IDS_MAX),
    'sidewatch.client.claimed': inByteOrder(detection.values[FACTS.claimed] ?? []).slice(0, CLAIMED_MAX),
    ...facts(detection),
  });
}

/** The score of a risk event and its risk object. A summary has none of these: it must not be scored a second time. */
export function riskAttributes(
  { impact, confidence }: Rule['risk'],
  score: number,
  object: RiskObjectValue | undefined,
  threat: RiskObjectValue | undefined,
): Attributes {
  return withoutEmpty({
    'sidewatch.risk.score': score,
    'sidewatch.risk.impact': impact === undefined ? undefined : Math.round(impact),
    'sidewatch.risk.confidence': confidence === undefined ? undefined : Math.round(confidence),
    'sidewatch.risk.object': object?.value,
    'sidewatch.risk.object.type': object?.type,
    'sidewatch.risk.threat.object': threat?.value,
    'sidewatch.risk.threat.object.type': threat?.type,
  });
}

/** Collected fields, and those whose distinct values the rule counts. */
function valueFields({ kind, conditionFields, risk }: Rule): readonly string[] {
  return kind === 'value_count' ? [...new Set([...risk.collect, ...conditionFields])] : risk.collect;
}

/** A whole number is a 64-bit integer on the wire, so one that a double cannot distinguish from its neighbours is left out. */
function exactNumber(value: number | undefined): number | undefined {
  if (value === undefined || Number.isSafeInteger(value)) return value;
  return Number.isFinite(value) && !Number.isInteger(value) ? value : undefined;
}

function prefixed<T>(prefix: string, entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries.map(([name, value]) => [prefix + name, value]));
}

/** Leaves out attributes without a value and empty lists. An empty string stays: it may be the value of a group. */
function withoutEmpty(all: Record<string, Attribute | null | undefined>): Attributes {
  const kept: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && value.length === 0) continue;
    kept[name] = value;
  }
  return kept;
}
