import { jsonText } from '../../lib/json-text.ts';
import { formatTime } from '../../lib/time-format.ts';
import type { DeadLetter } from '../../model/dead-letters.ts';
import type { RiskEvent } from '../../model/risk.ts';
import { LEVELS } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';

/** A dead letter as it is kept, with when it was written, in RFC 3339. */
export interface KeptLetter extends DeadLetter {
  readonly time: string;
}

/** One line of JSON, with the whole event. It is safe for a terminal. */
export function letterLine(to: string, { event, why, rejected }: DeadLetter, now: Micros): string {
  // JSON has no NaN or infinity; a detection's value may be one.
  const { value, ...others } = event.detection;
  const detection = value === undefined || Number.isFinite(value) ? event.detection : others;
  const line = {
    time: formatTime(now),
    destination: to,
    reason: why,
    ...(rejected && { rejected: `${rejected.count} of ${rejected.of}` }),
    event: { ...event, detection },
  };
  return `${jsonText(line)}\n`;
}

/** What `letterLine` wrote; undefined for any other text, such as a line that broke off. */
export function parseLetterLine(line: string): KeptLetter | undefined {
  try {
    const { time, reason, rejected, event } = JSON.parse(line) as Record<string, unknown>;
    if (typeof time !== 'string' || typeof reason !== 'string' || !isRiskEvent(event)) return undefined;
    const [, count, of] = /^(\d+) of (\d+)$/.exec(String(rejected)) ?? [];
    return {
      time,
      why: reason,
      ...(of !== undefined && { rejected: { count: Number(count), of: Number(of) } }),
      event,
    };
  } catch {
    return undefined;
  }
}

/** Whether it has what a destination and its format read without a check. */
function isRiskEvent(value: unknown): value is RiskEvent {
  const event = value as Partial<RiskEvent> | null | undefined;
  return (
    typeof event?.uid === 'string' &&
    typeof event.at === 'number' &&
    typeof event.severity === 'number' &&
    typeof event.rank?.score === 'number' &&
    LEVELS.includes(event.rank.level) &&
    [event.name, event.body, event.severityText].every((text) => typeof text === 'string') &&
    [event.attributes, event.resource, event.detection].every(
      (map) => typeof map === 'object' && map !== null,
    )
  );
}
