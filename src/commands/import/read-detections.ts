import { searchTitle } from '../compare/search-title.ts';
import { type Conf, isOn } from './conf-file.ts';
import { type AppFiles, type DetectionSettings, detectionSettings } from './detection-settings.ts';
import type { EscuRule } from './escu-rules.ts';
import type { EscuSearch } from './escu-searches.ts';
import { type EventFilter, eventFilter } from './event-filter.ts';
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
  const on = named.filter((one) => {
    const stanza = saved.stanza(one);
    return !isOn(stanza?.get('disabled'), false) && isOn(stanza?.get('enableSched'), false);
  });
  const [first, second] = on;
  if (first === undefined) return { kind: 'off' };
  const faults: UnreadablePart[] = [];
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
