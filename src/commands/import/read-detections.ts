import { searchTitle } from '../compare/search-title.ts';
import { type Conf, type ConfStanza, isOn } from './conf-file.ts';
import { type AppFiles, type DetectionSettings, detectionSettings } from './detection-settings.ts';
import type { EscuRule } from './escu-rules.ts';
import type { EscuSearch } from './escu-searches.ts';
import { AUDIT_MACRO, type EventFilter, eventFilter } from './event-filter.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** A detection as the app has it. */
export interface ImportedDetection {
  readonly escu: EscuRule;
  readonly state:
    | { readonly kind: 'on'; readonly settings: DetectionSettings }
    | { readonly kind: 'off' }
    | { readonly kind: 'unreadable'; readonly faults: readonly UnreadablePart[] };
}

export interface ImportedApp {
  readonly detections: readonly ImportedDetection[];
  readonly filter: EventFilter;
  readonly notes: readonly string[];
}

const NO_FILTER: EventFilter = { document: undefined, notes: [] };

/** All detections of the pack as an app has them. What selects the events of all of them, and cannot be read, is a fault of each. */
export function readDetections(
  rules: readonly EscuRule[],
  searches: Readonly<Record<string, EscuSearch>>,
  saved: Conf,
  app: AppFiles,
): ImportedApp {
  const notes: string[] = [];
  const detections = rules.map((escu) => ({
    escu,
    state: stateOf(escu, searches[escu.name]!, saved, app, notes),
  }));
  notes.push(...othersOf(rules, saved));
  const on = detections.filter(({ state }) => state.kind === 'on');
  if (on.length === 0) return { detections, filter: NO_FILTER, notes };
  try {
    const bases = on.flatMap(({ escu }) => escu.bases);
    const filter = eventFilter(app, [...new Set(bases)].sort(), 'macros.conf');
    return { detections, filter, notes };
  } catch (error) {
    if (!(error instanceof UnreadablePart)) throw error;
    const faults = [error];
    return {
      detections: detections.map((one) =>
        one.state.kind === 'on' ? { ...one, state: { kind: 'unreadable', faults } } : one,
      ),
      filter: NO_FILTER,
      notes,
    };
  }
}

/** Searches of the audit log that are on and that no rule follows, such as copies under another name. */
function othersOf(rules: readonly EscuRule[], saved: Conf): readonly string[] {
  const titles = new Set(rules.map(({ rule }) => rule.title.toLowerCase()));
  return saved.names.flatMap((name) => {
    const stanza = saved.stanza(name)!;
    const isOurs = titles.has(searchTitle(name)?.toLowerCase() ?? '');
    if (isOurs || !stanza.get('search')?.text.includes(`\`${AUDIT_MACRO}\``) || !mayRun(stanza)) return [];
    return [
      `${saved.placeOf(name)}  "${name}" reads the audit log, too, and is not taken over: no rule follows it`,
    ];
  });
}

/** Whether it is on, as far as its words can be read. */
function mayRun(stanza: ConfStanza): boolean {
  try {
    return isScheduled(stanza);
  } catch (error) {
    if (!(error instanceof UnreadablePart)) throw error;
    return true;
  }
}

const isScheduled = (stanza: ConfStanza): boolean =>
  !isOn(stanza.get('disabled'), false) && isOn(stanza.get('enableSched'), false);

function stateOf(
  { name, rule }: EscuRule,
  search: EscuSearch,
  saved: Conf,
  app: AppFiles,
  notes: string[],
): ImportedDetection['state'] {
  const title = rule.title.toLowerCase();
  const named = saved.names.filter((one) => searchTitle(one)?.toLowerCase() === title);
  if (named.length === 0) notes.push(`there is no search of the name "${rule.title}", so it is off`);
  const faults: UnreadablePart[] = [];
  const on = named.filter((one) => {
    try {
      return isScheduled(saved.stanza(one)!);
    } catch (error) {
      if (!(error instanceof UnreadablePart)) throw error;
      faults.push(error);
      return false;
    }
  });
  if (faults.length > 0) return { kind: 'unreadable', faults };
  const [first, second] = on;
  if (first === undefined) return { kind: 'off' };
  if (second !== undefined)
    faults.push(
      new UnreadablePart(saved.placeOf(second), `${second} is a second search of this name that is on`),
    );
  const where = saved.placeOf(first);
  const counterpart = { name, rule, search, stanza: saved.stanza(first)!, where };
  const settings = detectionSettings(counterpart, app, faults);
  if (faults.length > 0) return { kind: 'unreadable', faults };
  notes.push(...settings.notes);
  return { kind: 'on', settings };
}
