import { parseTime } from '../../lib/time-format.ts';
import { UserError } from '../../setup/user-error.ts';
import type { OtherEvent, OtherSide } from './other-event.ts';

const PREFIXES = ['sidewatch.values.', 'sidewatch.group.'] as const;
const SCORE = 'sidewatch.risk.score';

/** Reads the risk events of another Sidewatch, one JSON object on each line. Throws UserError for a line that is none. */
export function sidewatchEvents(path: string, text: string): OtherSide {
  const events: OtherEvent[] = [];
  let passedBy = 0;
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${path}:${i + 1}`;
    const record = parsed(line);
    const attributes = record?.['attributes'];
    const uid = isMap(attributes) ? attributes['log.record.uid'] : undefined;
    if (record === undefined || !isMap(attributes) || typeof uid !== 'string')
      throw new UserError([
        `${where}  is no risk event: wants what replay --output json writes, a JSON object with attributes on each line`,
      ]);
    if (record['eventName'] === 'sidewatch.risk') events.push(eventOf(where, attributes, uid));
    else passedBy++;
  }
  return { isSplunk: false, events, passedBy };
}

type Json = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(line: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function eventOf(where: string, attributes: Json, uid: string): OtherEvent {
  const text = (name: string) => (typeof attributes[name] === 'string' ? attributes[name] : '');
  const time = (name: string) => parseTime(text(name));
  const [start, end] = [time('sidewatch.window.start'), time('sidewatch.window.end')];
  const score = attributes[SCORE];
  const title = text('security_rule.name');
  return {
    where,
    search: title,
    title,
    rule: text('security_rule.uuid'),
    uid,
    object: text('sidewatch.risk.object'),
    objectType: text('sidewatch.risk.object.type'),
    score: typeof score === 'number' ? score : undefined,
    window: start === undefined || end === undefined || start >= end ? undefined : [start, end],
    at: time('sidewatch.first_seen'),
    fields: fieldsOf(attributes),
  };
}

/** A group field takes precedence over the values that were collected of it. */
function fieldsOf(attributes: Json): OtherEvent['fields'] {
  const fields = new Map<string, readonly string[]>();
  for (const prefix of PREFIXES)
    for (const [name, value] of Object.entries(attributes)) {
      if (!name.startsWith(prefix) || name === 'sidewatch.values.truncated') continue;
      const values = (Array.isArray(value) ? value : [value]).map(String);
      if (values.length > 0) fields.set(name.slice(prefix.length), values);
    }
  return fields;
}
