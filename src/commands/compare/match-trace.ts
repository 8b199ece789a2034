import { fieldOf } from '../../hits/event-field.ts';
import type { EventReader, FieldNeed } from '../../model/event.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros, Span } from '../../model/time.ts';
import type { Detector } from '../../pipeline.ts';
import { isRequestField } from '../../semantics/derived-field.ts';
import { fieldIn } from '../../semantics/rule-fields.ts';
import { lowerBound } from './lower-bound.ts';
import type { Range, RowFields } from './other-event.ts';

/** An event for which a base rule was true, counted or not. */
export interface TracedMatch {
  readonly base: string;
  readonly at: Micros;
  /** How much later than the event its record was seen; undefined where the record has no time. */
  readonly lag: Span | undefined;
  /** Whether a Sigma filter took it out, so that it was not counted. */
  readonly filtered: boolean;
  /** By the field's own name. */
  readonly fields: RowFields;
}

/** Matches that are kept. Reasons of detections that need later ones are then not found. */
const TRACED_MAX = 200_000;
/** What reasons ask of every event. */
const ALWAYS = ['stage', 'sourceIPs'] as const;

export const TRACE_NEEDS: readonly FieldNeed[] = ALWAYS.map((path) => ({ path, literals: [] }));

/** What a replay's base rules matched, for the reasons of differences. */
export class MatchTrace {
  readonly #byBase = new Map<string, TracedMatch[]>();
  readonly #ordered = new Set<string>();
  #kept = 0;
  /** True if there were more matches than are kept. */
  full = false;

  /** The matches of what a rule counts, of these times. */
  of({ inputs }: Pick<Rule, 'inputs'>, range: Range | undefined): readonly TracedMatch[] {
    return inputs.flatMap((input) => {
      const all = this.#inOrder(input);
      return range === undefined ? all : all.slice(lowerBound(all, range[0]), lowerBound(all, range[1]));
    });
  }

  #inOrder(base: string): readonly TracedMatch[] {
    const all = this.#byBase.get(base) ?? [];
    if (!this.#ordered.has(base)) all.sort((a, b) => a.at - b.at);
    this.#ordered.add(base);
    return all;
  }

  add(match: TracedMatch): void {
    this.full = this.#kept === TRACED_MAX;
    if (this.full) return;
    this.#kept++;
    const all = this.#byBase.get(match.base) ?? [];
    this.#byBase.set(match.base, all);
    this.#ordered.delete(match.base);
    all.push(match);
  }
}

/**
 * The same detector, whose matches are traced; also those that a Sigma filter takes out. The geo database must be open: an event
 * that is looked at twice is traced twice.
 */
export function tracing(detector: Detector, rules: readonly Rule[], trace: MatchTrace): Detector {
  const { plan, derived, matcher } = detector;
  const read = new Map<string, (event: EventReader) => RowFields>();
  for (const [base, fields] of fieldsByBase(rules)) {
    const readers = fields.map((field) => [field, fieldOf(field, plan, derived)] as const);
    read.set(base, (event) => {
      const values = new Map<string, readonly string[]>();
      for (const [field, reader] of readers) {
        const texts = Array.from({ length: reader.count(event) }, (_, i) => reader.text(event, i) ?? []);
        if (texts.length > 0) values.set(field, texts.flat());
      }
      return values;
    });
  }
  const filtered = new Set<string>();
  return {
    ...detector,
    matcher: {
      match(event, facts, hit, takenOut) {
        filtered.clear();
        matcher.match(event, facts, hit, (base) => {
          takenOut?.(base);
          if (!read.has(base)) return;
          filtered.add(base);
          // As a match, so that it is traced with its time.
          hit(base);
        });
      },
    },
    hitsOf(bases, event, about, arrived, counters) {
      for (const base of bases) {
        const fields = read.get(base)?.(event);
        if (fields === undefined) continue;
        const lag = about.recordAt === undefined ? undefined : ((about.recordAt - about.at) as Span);
        trace.add({ base, at: about.at, lag, filtered: filtered.has(base), fields });
      }
      const counted = filtered.size === 0 ? bases : bases.filter((base) => !filtered.has(base));
      return detector.hitsOf(counted, event, about, arrived, counters);
    },
  };
}

/** By base rule, the fields in which events may differ for the rules that count it. */
function fieldsByBase(rules: readonly Rule[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, Set<string>>();
  for (const rule of rules)
    for (const input of rule.inputs) {
      const own = fields.get(input) ?? new Set<string>(ALWAYS);
      fields.set(input, own);
      for (const name of [
        ...rule.groupBy,
        ...rule.risk.collect,
        ...rule.risk.objects.map(({ field }) => field),
      ])
        own.add(fieldIn(rule, input, name));
    }
  return new Map(
    Array.from(fields, ([base, own]) => [base, [...own].filter((field) => !isRequestField(field))]),
  );
}
