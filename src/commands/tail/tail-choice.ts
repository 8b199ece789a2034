import { RecentlyUsed } from '../../lib/recently-used.ts';
import { LEVELS, type Level } from '../../model/rule.ts';
import type { LiveEvent } from './live-event.ts';

export interface TailFilters {
  readonly minLevel?: Level;
  readonly minScore?: number;
  /** Names, titles or ids of rules: one of them. */
  readonly rule?: readonly string[];
  /** A text that the message, or a value of the event, has in any case. */
  readonly match?: string;
}

/** Detections whose summary is shown because they were. */
const SHOWN_MAX = 10_000;

/** Says which risk events are shown: all filters hold. A summary is shown with its detection. */
export function tailChoice({ minLevel, minScore, rule, match }: TailFilters): (one: LiveEvent) => boolean {
  const shown = new RecentlyUsed<string, true>({ max: SHOWN_MAX });
  const least = minLevel === undefined ? -1 : LEVELS.indexOf(minLevel);
  const text = match?.toLowerCase();
  const holds = ({ rule: name, event }: LiveEvent): boolean => {
    const { severityText, attributes } = event;
    const score = attributes['sidewatch.risk.score'];
    const names = [name, attributes['security_rule.name'], attributes['security_rule.uuid']];
    return (
      LEVELS.indexOf(severityText as Level) >= least &&
      (minScore === undefined || (typeof score === 'number' && score >= minScore)) &&
      (rule === undefined || rule.some((one) => names.includes(one))) &&
      (text === undefined || textsOf(event).some((one) => one.toLowerCase().includes(text)))
    );
  };
  return (one) => {
    const id = String(one.event.attributes['sidewatch.detection.id']);
    if (one.event.eventName === 'sidewatch.summary') return shown.has(id);
    if (!holds(one)) return false;
    shown.set(id, true);
    return true;
  };
}

const textsOf = ({ body, attributes, resource }: LiveEvent['event']): readonly string[] =>
  [body, ...Object.values(attributes), ...Object.values(resource)]
    .flat()
    .filter((one) => typeof one === 'string');
