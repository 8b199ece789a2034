import { re2Spans } from '../../lib/re2.ts';
import { RecentlyUsed } from '../../lib/recently-used.ts';
import { type Detection, FACTS, type Values } from '../../model/hit.ts';
import { hasShortFlagAlone, programsOf } from './command-secrets.ts';
import { type RedactText, redactText } from './redact-text.ts';
import { isSecretName } from './secret-names.ts';
import { REDACTED } from './spans.ts';

/** A detection as it is shown, and what its texts became: by text, each that holds a secret. */
export interface Redacted {
  readonly detection: Detection;
  readonly changed: ReadonlyMap<string, string>;
}

/** undefined where a detection holds no secret. */
export type Redact = (detection: Detection) => Redacted | undefined;

/** Texts that are remembered with what they became, and the longest of them: paths, names and agents repeat. */
const REMEMBERED_MAX = 2000;
const REMEMBERED_LENGTH_MAX = 512;

/** Takes secrets out of the texts of a detection. `patterns`: more of them, in the syntax of RE2; a group in it is what is replaced. */
export function redactor(patterns: readonly string[] = []): Redact {
  const redact = remembering(redactText(patterns.map((source) => re2Spans(source))));
  return (detection) => {
    const changed = new Map<string, string>();
    const shown = (field: string, texts: readonly string[]): readonly string[] =>
      shownTexts(field, texts, detection, redact, changed);
    const group = mapped(detection.group, (field, text) => (text === null ? null : shown(field, [text])[0]!));
    const values = mapped(detection.values, shown);
    return changed.size === 0 ? undefined : { detection: { ...detection, group, values }, changed };
  };
}

/** No redaction, as the configuration may want it. */
export const asItIs: Redact = () => undefined;

function remembering(redact: RedactText): RedactText {
  const caches = [false, true].map(() => new RecentlyUsed<string, string>({ max: REMEMBERED_MAX }));
  return (text, command) => {
    if (text.length > REMEMBERED_LENGTH_MAX) return redact(text, command);
    const known = caches[command ? 1 : 0]!;
    const shown = known.get(text) ?? redact(text, command);
    known.set(text, shown);
    return shown;
  };
}

function mapped<T>(
  all: Readonly<Record<string, T>>,
  change: (name: string, value: T) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(name, value)]));
}

function shownTexts(
  field: string,
  texts: readonly string[],
  detection: Detection,
  redact: RedactText,
  changed: Map<string, string>,
): readonly string[] {
  const args = isCommand(field) && texts.length > 1 ? texts : [];
  const begin = programsOf(args);
  const whole = holdsSecrets(field, detection.values) || hasFlagAlone(args);
  const shown = texts.map((text) => {
    const after =
      whole && !isHarmless(field, text)
        ? REDACTED
        : redact(begin + text, isCommandText(field, text)).slice(begin.length);
    if (after !== text) changed.set(text, after);
    return after;
  });
  return [...new Set(shown)];
}

const BODY = /^(?:requestObject|responseObject|annotations)\./;
/** The data of a Secret, of one in a list, and of what a patch adds. */
const DATA = /^(?:requestObject|responseObject)\.(?:items\.|object\.|value\.)?(?:data|stringData)(?:\.|$)/;

/** Whether all values of a field are secrets because of what the field is. */
function holdsSecrets(field: string, values: Values): boolean {
  if (!BODY.test(field)) return false;
  if (DATA.test(field) && mayBeSecret(values[FACTS.resource])) return true;
  return isSecretName(field.slice(field.lastIndexOf('.') + 1));
}

/** Unless all hits are known to be about something else. */
function mayBeSecret(resources: readonly string[] = []): boolean {
  return resources.length === 0 || resources.includes('') || resources.includes('secrets');
}

const isCommand = (field: string): boolean =>
  /(?:^process\.command_(?:args|line)|\.(?:command|args))$/.test(field);

function isCommandText(field: string, text: string): boolean {
  return isCommand(field) || (/URI$|^@url/.test(field) && /[?&]c(?:ommand|md)=/.test(text));
}

/** A flag whose value is another argument. They have no order any more, so the value may be any of them. */
const hasFlagAlone = (args: readonly string[]): boolean =>
  hasShortFlagAlone(args) ||
  args.some((text) => /^--?[\w.-]{2,}$/.test(text) && isSecretName(text.replace(/^-+/, '')));

/** Texts that say nothing though their field holds secrets: flags, paths and numbers of commands, and switches. */
function isHarmless(field: string, text: string): boolean {
  if (/^(?:true|false)?$/.test(text)) return true;
  return isCommand(field) && /^(?:-|\/|\d*$)/.test(text) && !text.includes('=');
}
