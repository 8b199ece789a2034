import { parseSpan } from '../../lib/time-format.ts';
import { isSilence } from '../../semantics/silence.ts';
import { parseBounds } from '../document/condition-bounds.ts';
import { TIMESPAN_MAX } from '../document/correlation.ts';
import type { CorrelationDocument, RuleDocument } from '../document/document.ts';
import { EXTENSION, type Extension } from '../document/extension.ts';
import { quietFault } from '../document/quiet-fault.ts';
import { RuleFindings } from '../source/rule-findings.ts';
import type { OverrideSettings } from './overrides.ts';

type Key = Exclude<keyof OverrideSettings, 'enabled'>;

/** How one key of an override is applied to a rule: the new rule, or why the key does not apply. */
type Apply<Value> = (document: RuleDocument, value: Value) => RuleDocument | string;

const EMPTY: Extension = EXTENSION.parse({ risk: {}, group: {}, window: {} });

const SILENCE = 'it waits for silence and fires once, a timespan after the last event';

const APPLY: { readonly [K in Key]: Apply<NonNullable<OverrideSettings[K]>> } = {
  level: (document, level) => ({ ...document, head: { ...document.head, level } }),
  score: (document, score) => {
    const { refused_score: refused, ...risk } = { ...EMPTY.risk!, ...document.extension?.risk };
    // A refused request never scores more than one that succeeded.
    const capped = refused === undefined ? {} : { refused_score: Math.min(refused, score) };
    return extended(document, { risk: { ...risk, ...capped, score } });
  },
  message: (document, message) => withRisk(document, { message }),
  objects: (document, objects) => withRisk(document, { objects }),
  threats: (document, threats) => withRisk(document, { threats }),
  threshold: ofCorrelation('threshold', withThreshold),
  timespan: ofCorrelation('timespan', (document, timespan) => {
    if (timespan === 0) return 'wants more than 0';
    if (timespan > parseSpan(TIMESPAN_MAX)!) return `wants at most ${TIMESPAN_MAX}`;
    return { ...document, correlation: { ...document.correlation, timespan } };
  }),
  quiet: ofCorrelation('windows', (document, quiet) => {
    if (waitsForSilence(document)) return SILENCE;
    if (isTumbling(document)) return 'its windows are tumbling, and each fires once';
    return extended(document, { quiet });
  }),
  offset: ofCorrelation('windows', (document, offset) =>
    isTumbling(document)
      ? extended(document, { window: { ...document.extension?.window, offset } })
      : 'its windows are sliding and begin with a hit',
  ),
  lateness: (document, lateness) =>
    waitsForSilence(document)
      ? SILENCE
      : extended(document, { window: { ...document.extension?.window, lateness } }),
  time: (document, time) => extended(document, { time }),
  group: ofCorrelation('groups', (document, group) =>
    extended(document, { group: { ...EMPTY.group!, ...document.extension?.group, ...group } }),
  ),
};

/** A key that does not apply to a rule, with the reason as the second half of a sentence. */
export interface UnfitKey {
  readonly key: Key;
  readonly why: string;
}

/** The document with the settings that apply to it, and the keys that do not apply. */
export function overrideRule(
  document: RuleDocument,
  { enabled: _, ...settings }: OverrideSettings,
): { readonly document: RuleDocument; readonly unfit: readonly UnfitKey[] } {
  const unfit: UnfitKey[] = [];
  let result = document;
  for (const [key, value] of Object.entries(settings) as [Key, never][]) {
    if (value === undefined) continue;
    const applied = (APPLY[key] as Apply<never>)(result, value);
    if (typeof applied === 'string') unfit.push({ key, why: applied });
    else result = applied;
  }
  const clash = clashOf(result);
  if (unfit.length === 0 && clash !== undefined && clashOf(document) === undefined) {
    const { key, why } = clash;
    if (settings[key] !== undefined) return { document, unfit: [{ key, why }] };
    return { document, unfit: [{ key: 'timespan', why: `its ${key} ${why}` }] };
  }
  return { document: result, unfit };
}

/** `lacks`: what a rule that fires for each event does not have. */
function ofCorrelation<Value>(
  lacks: string,
  set: (document: CorrelationDocument, value: Value) => RuleDocument | string,
): Apply<Value> {
  return (document, value) =>
    document.kind === 'correlation' ? set(document, value) : `it fires for each event and has no ${lacks}`;
}

/** Replaces the only bound, or the lower one of a range. */
function withThreshold(document: CorrelationDocument, threshold: number): CorrelationDocument | string {
  const { correlation } = document;
  const [bound, ...upper] = correlation.condition;
  if (bound === undefined) return 'its condition has no number';
  const findings = new RuleFindings();
  const block = {
    ...Object.fromEntries([{ ...bound, value: threshold }, ...upper].map(({ op, value }) => [op, value])),
    ...(correlation.conditionFields.length > 0 ? { field: correlation.conditionFields } : {}),
    ...(correlation.percentile === undefined ? {} : { percentile: correlation.percentile }),
  };
  const bounds = parseBounds(
    correlation.type,
    block,
    [],
    findings.report(() => ''),
  );
  if (bounds === undefined) return findings.problems[0]!.message.replace(/^\w+: /, '');
  return { ...document, correlation: { ...correlation, ...bounds } };
}

/** The setting that does not fit the timespan, whichever of the two was overridden. */
function clashOf(
  document: RuleDocument,
): { readonly key: 'offset' | 'quiet'; readonly why: string } | undefined {
  if (document.kind === 'base') return undefined;
  const { timespan } = document.correlation;
  const { window, quiet } = document.extension ?? {};
  if (isTumbling(document))
    return (window?.offset ?? 0) < timespan
      ? undefined
      : { key: 'offset', why: 'wants less than the timespan' };
  const why = quiet === undefined ? undefined : quietFault(quiet, timespan);
  return why === undefined ? undefined : { key: 'quiet', why };
}

function withRisk(document: RuleDocument, more: Partial<NonNullable<Extension['risk']>>): RuleDocument {
  return extended(document, { risk: { ...EMPTY.risk!, ...document.extension?.risk, ...more } });
}

function waitsForSilence(document: RuleDocument): boolean {
  if (document.kind !== 'correlation') return false;
  const { type, condition } = document.correlation;
  return isSilence({ kind: type, condition });
}

function isTumbling({ extension }: RuleDocument): boolean {
  return extension?.window?.kind === 'tumbling';
}

function extended<Document extends RuleDocument>(document: Document, more: Partial<Extension>): Document {
  return { ...document, extension: { ...document.extension, ...more } };
}
