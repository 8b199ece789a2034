import type { RiskObject } from '../../model/rule.ts';
import { type ConfStanza, type ConfValue, isOn, placeIn } from './conf-file.ts';
import { plainField } from './row-condition.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** What the risk action of a search says. Fields have the names of its rows. */
export interface RiskAction {
  readonly score: number;
  readonly objects: readonly RiskObject[];
  readonly threats: readonly RiskObject[];
  readonly message: string | undefined;
  /** Where its objects are. */
  readonly where: string;
}

const KEY = 'action.risk';
const PARAM = `${KEY}.param._risk`;

/** Throws UnreadablePart where there is none, and for what one rule cannot say. `where`: the search. */
export function riskAction(stanza: ConfStanza, where: string): RiskAction {
  const on = stanza.get(KEY);
  if (!isOn(on, false))
    throw new UnreadablePart(
      on === undefined ? where : placeIn(on),
      'the search makes no risk events (action.risk is off), and Sidewatch makes nothing else',
    );
  const list = stanza.get(PARAM);
  const parts = list === undefined || list.text === '' ? [oldPart(stanza, where)] : partsOf(list);
  const place = list === undefined ? where : placeIn(list);
  const objects = parts.filter((part) => part['risk_object_field'] !== undefined);
  const threats = parts.filter((part) => part['threat_object_field'] !== undefined);
  const scores = new Set(objects.map((part) => Number(part['risk_score'])));
  const [score] = scores;
  if (score === undefined || !Number.isInteger(score) || score < 0)
    throw new UnreadablePart(place, 'the risk action has no risk object with a score');
  if (scores.size > 1)
    throw new UnreadablePart(
      place,
      `its risk objects have several scores (${[...scores].join(', ')}), here a rule has one`,
    );
  return {
    score,
    objects: objects.map((part) => ({
      field: plainField(part['risk_object_field']!),
      type: part['risk_object_type'] ?? 'other',
    })),
    threats: threats.map((part) => ({
      field: plainField(part['threat_object_field']!),
      type: part['threat_object_type'] ?? 'other',
    })),
    message: messageOf(stanza.get(`${PARAM}_message`)),
    where: place,
  };
}

type Part = Readonly<Partial<Record<string, string>>>;

/** As older versions have it: one object in keys of its own. */
function oldPart(stanza: ConfStanza, where: string): Part {
  const key = (name: string) => stanza.get(`${PARAM}_${name}`)?.text;
  const field = key('object');
  if (field === undefined || field === '')
    throw new UnreadablePart(where, 'the risk action has no risk objects');
  return {
    risk_object_field: field,
    risk_object_type: key('object_type') ?? 'other',
    risk_score: key('score') ?? '',
  };
}

function partsOf(value: ConfValue): readonly Part[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.text);
  } catch {
    parsed = undefined;
  }
  if (!Array.isArray(parsed) || !parsed.every((part) => typeof part === 'object' && part !== null))
    throw new UnreadablePart(placeIn(value), 'the risk objects are no JSON list of maps');
  return parsed.map((part: object) =>
    Object.fromEntries(
      Object.entries(part).map(([key, one]: [string, unknown]) => {
        if (typeof one === 'object') throw new UnreadablePart(placeIn(value), `its ${key} is no text`);
        return [key, String(one)];
      }),
    ),
  );
}

/** `$sourceIPs{}$` is `$sourceIPs$`. */
function messageOf(value: ConfValue | undefined): string | undefined {
  const text = value?.text.replaceAll('{}$', '$').replace(/\s+/g, ' ').trim();
  return text === '' ? undefined : text;
}
