import { parseSpan } from '../../lib/time-format.ts';
import { parseBounds } from '../document/condition-bounds.ts';
import { TIMESPAN_MAX } from '../document/correlation.ts';
import type { CorrelationDocument, RuleDocument } from '../document/document.ts';
import { EXTENSION, type Extension } from '../document/extension.ts';
import { quietFault } from '../document/quiet-fault.ts';
import { Findings } from '../source/findings.ts';
import type { Changes } from './overrides.ts';

type Key = Exclude<keyof Changes, 'enabled'>;

/** How one key of an override is put into a rule: the rule changed, or why it cannot be. */
type Setting<Value> = (document: RuleDocument, value: Value) => RuleDocument | string;

const EMPTY: Extension = EXTENSION.parse({ risk: {}, group: {}, window: {} });

const SETTINGS: { readonly [K in Key]: Setting<NonNullable<Changes[K]>> } = {
  level: (document, level) => ({ ...document, head: { ...document.head, level } }),
  score: (document, score) => {
    const { refused_score: refused, ...risk } = { ...EMPTY.risk!, ...document.extension?.risk };
    // What was refused never scores more than what succeeded.
    const capped = refused === undefined ? {} : { refused_score: Math.min(refused, score) };
    return extended(document, { risk: { ...risk, ...capped, score } });
  },
  threshold: ofCorrelation('threshold', withThreshold),
  timespan: ofCorrelation('timespan', (document, timespan) => {
    if (timespan === 0) return 'wants more than nothing';
    if (timespan > parseSpan(TIMESPAN_MAX)!) return `wants at most ${TIMESPAN_MAX}`;
    return { ...document, correlation: { ...document.correlation, timespan } };
  }),
  quiet: ofCorrelation('windows', (document, quiet) => {
    if (isTumbling(document)) return 'its windows are tumbling and fire once each';
    return extended(document, { quiet });
  }),
  offset: ofCorrelation('windows', (document, offset) =>
    isTumbling(document)
      ? extended(document, { window: { ...document.extension?.window, offset } })
      : 'its windows are sliding and begin with a hit',
  ),
  lateness: (document, lateness) =>
    extended(document, { window: { ...document.extension?.window, lateness } }),
  time: (document, time) => extended(document, { time }),
  group: ofCorrelation('groups', (document, group) =>
    extended(document, { group: { ...EMPTY.group!, ...document.extension?.group, ...group } }),
  ),
};

/** Why a key does not go with a rule, as the second half of a sentence. */
export interface Unfit {
  readonly key: Key;
  readonly why: string;
}

/** The document with the changes that fit it, and those that do not. */
export function changed(
  document: RuleDocument,
  { enabled: _, ...changes }: Changes,
): { readonly document: RuleDocument; readonly unfit: readonly Unfit[] } {
  const unfit: Unfit[] = [];
  let result = document;
  for (const [key, value] of Object.entries(changes) as [Key, never][]) {
    if (value === undefined) continue;
    const made = (SETTINGS[key] as Setting<never>)(result, value);
    if (typeof made === 'string') unfit.push({ key, why: made });
    else result = made;
  }
  const clash = clashOf(result);
  if (unfit.length === 0 && clash !== undefined && clashOf(document) === undefined) {
    const { key, why } = clash;
    if (changes[key] !== undefined) return { document, unfit: [{ key, why }] };
    return { document, unfit: [{ key: 'timespan', why: `its ${key} ${why}` }] };
  }
  return { document: result, unfit };
}

/** `lacks`: what a rule that fires for each event has not. */
function ofCorrelation<Value>(
  lacks: string,
  set: (document: CorrelationDocument, value: Value) => RuleDocument | string,
): Setting<Value> {
  return (document, value) =>
    document.kind === 'correlation' ? set(document, value) : `it fires for each event and has no ${lacks}`;
}

/** The one bound, or the lower one of a range. */
function withThreshold(document: CorrelationDocument, threshold: number): CorrelationDocument | string {
  const { correlation } = document;
  const [bound, ...upper] = correlation.condition;
  if (bound === undefined) return 'its condition has no number';
  const findings = new Findings();
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

/** What does not go with the timespan, whichever of the two was changed. */
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

function isTumbling({ extension }: RuleDocument): boolean {
  return extension?.window?.kind === 'tumbling';
}

function extended<Document extends RuleDocument>(document: Document, more: Partial<Extension>): Document {
  return { ...document, extension: { ...document.extension, ...more } };
}
