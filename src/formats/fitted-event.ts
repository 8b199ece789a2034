import type { Attribute, RiskEvent } from '../model/risk.ts';
import type { Micros } from '../model/time.ts';
import { cutTo, type Texts, valueBytes } from './cut-values.ts';
import type { PlainForm, PlainRecord } from './plain-record.ts';

/** Attributes of one record. Many backends take 128, and a collector adds some. */
export const ATTRIBUTES_MAX = 120;

export interface Fit {
  /** Bytes of one record as it is sent, before compression. */
  readonly bytesMax: number;
  /** The bytes that a record has in a request of its own, with its resource: those that are sent, and no estimate. */
  readonly sizeOf: (record: PlainRecord, observed: Micros) => number;
  /** Called once for each event that was cut. */
  readonly onCut: () => void;
}

/** Attributes that are never cut: those by which a record is known and routed, and the names of what was cut. */
const WHOLE: ReadonlySet<string> = new Set([
  'log.record.uid',
  'sidewatch.detection.id',
  'security_rule.uuid',
  'security_rule.ruleset.name',
  'sidewatch.rule.level',
  'sidewatch.values.truncated',
]);

const BODY = 'body';
const TRUNCATED = 'sidewatch.values.truncated';

/** Values are not cut to less; where that is not enough, the longest attributes are left out. */
const VALUE_LEAST = 64;
/** How exactly the length is found. */
const LENGTH_STEP = 32;

/**
 * A form whose records fit: at most ATTRIBUTES_MAX attributes and `bytesMax` bytes. It stands between the outbox and the
 * format and is the same for all of them. The longest values are cut first, and `sidewatch.values.truncated` names them. An
 * event is cut once, however often it is sent.
 */
export function fitting(form: PlainForm, fit: Fit): PlainForm {
  const known = new WeakMap<RiskEvent, RiskEvent>();
  return (event, observed) => {
    let fitted = known.get(event);
    if (fitted === undefined) {
      fitted = fittedEvent(event, observed, form, fit);
      known.set(event, fitted);
      if (fitted !== event) fit.onCut();
    }
    return form(fitted, observed);
  };
}

function fittedEvent(
  event: RiskEvent,
  observed: Micros,
  form: PlainForm,
  { bytesMax, sizeOf }: Fit,
): RiskEvent {
  const few = withFewer(event, (one) => Object.keys(form(one, observed).attributes).length - ATTRIBUTES_MAX);
  const overshoot = (one: RiskEvent): number => {
    const record = form(one, observed);
    return sizeBound(record) <= bytesMax ? 0 : sizeOf(record, observed) - bytesMax;
  };
  if (overshoot(few) <= 0) return few;
  const texts = textsOf(few);
  let best: RiskEvent | undefined;
  // The length to which all longer values are cut: the largest one that fits.
  for (let [low, high] = [VALUE_LEAST, bytesMax]; high - low > LENGTH_STEP; ) {
    const middle = Math.floor((low + high) / 2);
    const cut = withTexts(few, cutTo(texts, middle));
    if (overshoot(cut) > 0) high = middle;
    else [low, best] = [middle, cut];
  }
  return best ?? withFewer(withTexts(few, cutTo(texts, VALUE_LEAST)), (one) => Math.min(1, overshoot(one)));
}

/** The event without its longest attributes: as many as `excess` says of what is left, until it says 0. */
function withFewer(event: RiskEvent, excess: (event: RiskEvent) => number): RiskEvent {
  let left = event;
  for (let n = excess(left); n > 0; n = excess(left)) {
    const longest = [...textsOf(left)]
      .filter(([name]) => name !== BODY)
      .map(([name, text]) => [name, name.length + valueBytes(text)] as const)
      .sort(([, a], [, b]) => b - a)
      .slice(0, Math.ceil(n))
      .map(([name]) => name);
    if (longest.length === 0) return left;
    left = withTexts(left, new Map(longest.map((name) => [name, undefined])));
  }
  return left;
}

/** The texts that may be cut, by the names of their attributes. */
function textsOf({ body, attributes }: RiskEvent): Texts {
  const texts = new Map<string, string | readonly string[]>([[BODY, body]]);
  for (const [name, value] of Object.entries(attributes))
    if (!WHOLE.has(name) && (typeof value === 'string' || typeof value === 'object')) texts.set(name, value);
  return texts;
}

/** The event with other texts (undefined: without this one), and with the names of these in `sidewatch.values.truncated`. */
function withTexts(
  { attributes, ...event }: RiskEvent,
  changed: ReadonlyMap<string, string | readonly string[] | undefined>,
): RiskEvent {
  const { [TRUNCATED]: before, ...others } = attributes;
  const kept: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(others)) {
    const now = changed.has(name) ? changed.get(name) : value;
    if (now !== undefined) kept[name] = now;
  }
  const names = [...(typeof before === 'object' ? before : []), ...[...changed.keys()].map(fieldOf)];
  const body = changed.get(BODY);
  return {
    ...event,
    ...(typeof body === 'string' && { body }),
    attributes: { ...kept, [TRUNCATED]: [...new Set(names)].sort(byBytes) },
  };
}

/** A value is named by its field, as everywhere in `sidewatch.values.truncated`; another attribute by its name. */
const fieldOf = (name: string): string => name.replace(/^sidewatch\.(?:values|group)\./, '');

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Bytes of one character of UTF-16 at most, as UTF-8 or as an escape of JSON. */
const CHARACTER_MAX = 6;
/** Bytes around a value at most, in protobuf or in the JSON of OTLP. */
const AROUND_MAX = 96;
const RECORD_MAX = 512;

/** More bytes than the record has in any encoding. It costs nearly nothing, and most records are far smaller than they may be. */
export function sizeBound({ body, severityText, name, attributes, resource }: PlainRecord): number {
  let size = RECORD_MAX + (body.length + severityText.length + name.length) * CHARACTER_MAX;
  for (const map of [attributes, resource])
    for (const [key, value] of Object.entries(map)) {
      const texts = typeof value === 'object' ? value : [typeof value === 'string' ? value : ''];
      size += AROUND_MAX + key.length * CHARACTER_MAX;
      for (const text of texts) size += AROUND_MAX + text.length * CHARACTER_MAX;
    }
  return size;
}
