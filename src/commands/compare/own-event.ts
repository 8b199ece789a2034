import type { Detection } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { resultRow } from '../../risk/result-row.ts';
import type { Range, RowFields } from './other-event.ts';

/** A risk event of the replay. */
export interface OwnEvent {
  readonly rule: Rule;
  readonly uid: string;
  readonly object: string;
  readonly objectType: string;
  readonly score: number;
  /** Its window; for a rule that fires for each event, the event's time. */
  readonly window: Range;
  /** The time of its first event. */
  readonly at: Micros;
  readonly count: number;
  readonly exact: boolean;
  /** By the field's own name. */
  readonly fields: RowFields;
  /** Whether a result filter drops it. */
  readonly dropped: boolean;
}

/** `rule` with its result filter. undefined for a summary. */
export function ownEvent(event: RiskEvent, rule: Rule): OwnEvent | undefined {
  const { detection, attributes, uid, score = 0 } = event;
  if (detection.kind === 'summary') return undefined;
  const text = (name: string) => String(attributes[name] ?? '');
  return {
    rule,
    uid,
    object: text('sidewatch.risk.object'),
    objectType: text('sidewatch.risk.object.type'),
    score,
    window: detection.window,
    at: detection.seen[0],
    count: detection.count,
    exact: detection.exact,
    fields: fieldsOf(rule, detection),
    dropped: rule.keep?.(resultRow(rule, detection)) === false,
  };
}

/** The fields in which two detections of a rule differ: those of its groups, or all that it collects of single events. */
export function identityFields(rule: Rule): readonly string[] {
  return rule.kind === 'match' ? rule.risk.collect : rule.groupBy;
}

function fieldsOf(rule: Rule, { group, values }: Detection): RowFields {
  const fields = new Map<string, readonly string[]>();
  for (const field of rule.risk.collect) {
    const held = values[field] ?? [];
    if (held.length > 0) fields.set(field, held);
  }
  for (const [field, value] of Object.entries(group)) if (value !== null) fields.set(field, [value]);
  return fields;
}
