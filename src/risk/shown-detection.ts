import { isDeepStrictEqual } from 'node:util';
import type { Detection } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import { type Attributes, attributes } from './attributes.ts';
import type { FieldValues } from './detection-fields.ts';
import type { Redact } from './redaction/redactor.ts';
import { bodyOf } from './risk-message.ts';
import type { RiskObjectValue } from './risk-objects.ts';

/** What a record says of its detection. */
export interface RecordContents {
  readonly body: string;
  readonly attributes: Attributes;
}

/** A detection as its records show it: without the secrets in its texts. */
export interface ShownDetection {
  readonly detection: Detection;
  readonly redacted: boolean;
  /** One record. `more`: its attributes beside those of the detection, from risk objects as they are shown. */
  contents(uid: string, more?: (shown: ShowObject) => Attributes): RecordContents;
}

type ShowObject = (object: RiskObjectValue | undefined) => RiskObjectValue | undefined;

/** `cutFields`: fields that were cut for the risk objects. */
export function shownDetection(
  rule: Rule,
  detection: Detection,
  valuesOf: (detection: Detection) => FieldValues,
  cutFields: readonly string[],
  redact: Redact,
): ShownDetection {
  const said = (one: Detection): RecordContents => ({
    body: bodyOf(rule, valuesOf(one)),
    attributes: attributes(rule, one, cutFields),
  });
  const whole = said(detection);
  const wholeRecord: ShownDetection['contents'] = (uid, more) => ({
    body: whole.body,
    attributes: { 'log.record.uid': uid, ...whole.attributes, ...more?.((object) => object) },
  });
  const redacted = redact(detection);
  if (!redacted) return { detection, redacted: false, contents: wholeRecord };
  const left = said(redacted.detection);
  const show: ShowObject = (object) =>
    object && { ...object, value: redacted.changed.get(object.value) ?? object.value };
  return {
    detection: redacted.detection,
    redacted: true,
    contents: (uid, more) => {
      const { body, attributes } = wholeRecord(uid, more);
      const after = { 'log.record.uid': uid, ...left.attributes, ...more?.(show) };
      const marks = changes({ body, ...attributes }, { body: left.body, ...after });
      return { body: left.body, attributes: { ...after, 'sidewatch.redacted': marks } };
    },
  };
}

/** The names of what differs. */
function changes(before: Attributes, after: Attributes): readonly string[] {
  return Object.keys(before).filter((name) => !isDeepStrictEqual(before[name], after[name]));
}
