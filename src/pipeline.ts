import type { CounterName, Counters } from './model/counters.ts';
import {
  type Derived,
  type FieldPlan,
  PlaceFileOpening,
  type ReadReport,
  type ReadRequest,
} from './model/event.ts';
import type { Hit, HitMaker, Idle } from './model/hit.ts';
import type { Handle, Request, Verdict } from './model/request.ts';
import type { Matcher } from './model/rule.ts';
import type { State } from './model/state.ts';
import type { Micros } from './model/time.ts';

/** A loaded rule set, ready to run. It is replaced as a whole. */
export interface Detector {
  readonly plan: FieldPlan;
  readonly derived: Derived;
  readonly matcher: Matcher;
  /** Rules that look at one event of each resource in each request. */
  readonly sampled: Matcher | undefined;
  /**
   * Rules that read bodies which their events do not have, a hint; see CompiledMatcher. An event that is looked at twice
   * counts twice.
   */
  unseen(): ReadonlyMap<string, number>;
  /** When each base rule last matched, by its id. */
  readonly lastMatch: Map<string, Micros>;
  readonly hitsOf: HitMaker['make'];
}

export interface RequestHits {
  readonly hits: readonly Hit[];
  readonly rejected: number;
  readonly why?: string;
}

/** What was found in a request, before it is counted. */
interface Found {
  readonly hits: readonly Hit[];
  readonly outcome: ReadReport;
  /** Ids of base rules, one entry for each event that matched. */
  readonly matches: readonly string[];
  readonly filtered: readonly string[];
  readonly untimed: number;
  readonly notes: Notes;
}

/** Holds what hits count while they are made, until it is certain that the request is not looked at again. */
class Notes implements Counters {
  readonly #all = new Map<
    string,
    { readonly name: CounterName; readonly by: string | undefined; n: number }
  >();

  /** Sums up: a request may have a note for each of its events and rules. */
  add(name: CounterName, n = 1, by?: string): void {
    const key = `${name} ${by ?? ''}`;
    const known = this.#all.get(key);
    if (known) known.n += n;
    else this.#all.set(key, { name, by, n });
  }

  addTo(counters: Counters): void {
    for (const { name, n, by } of this.#all.values()) counters.add(name, n, by);
  }
}

/**
 * Visits events with `look`, and again from the beginning for as long as a place is asked for whose file is still being
 * opened. Each file opens once, so this ends.
 */
export async function withPlaces<T>(look: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await look();
    } catch (signal) {
      if (!(signal instanceof PlaceFileOpening)) throw signal;
      await signal.ready;
    }
  }
}

/** The hits in a request's bytes. Changes only counters, and only for a request that can be decoded. */
export async function find(
  request: Request,
  read: ReadRequest,
  detector: Detector,
  counters: Counters,
  idle?: Idle,
): Promise<RequestHits | { readonly malformed: string }> {
  const seen = await withPlaces(() => look(request, read, detector, idle));
  return 'malformed' in seen ? seen : counted(seen, request, detector, counters);
}

/** Counts nothing, so that a request can be looked at again. */
async function look(
  request: Request,
  read: ReadRequest,
  { plan, derived, matcher, sampled, hitsOf }: Detector,
  idle?: Idle,
): Promise<Found | { readonly malformed: string }> {
  const hits: Hit[] = [];
  const matches: string[] = [];
  const takenOut: string[] = [];
  const notes = new Notes();
  let untimed = 0;
  let resource = -1;
  // One closure for the request, not one for each event.
  const matched = (base: string) => void matches.push(base);
  const filtered = (base: string) => void takenOut.push(base);
  const outcome = await read(request, plan, (event, about) => {
    const before = matches.length;
    const filteredBefore = takenOut.length;
    try {
      matcher.match(event, derived, matched, filtered);
      if (sampled !== undefined && about.resource !== resource) {
        resource = about.resource;
        sampled.match(event, derived, matched, filtered);
      }
      if (!about.timed) untimed++;
      if (matches.length === before) return 0;
      // All at once, since they share the facts of the event.
      const made = hitsOf(matches.slice(before), event, about, request.arrived, notes, idle);
      for (const hit of made) hits.push(hit);
      return made.length;
    } catch (thrown) {
      // The reader rejects an event of which a rule asks too much: no rule has matched it.
      matches.length = before;
      takenOut.length = filteredBefore;
      throw thrown;
    }
  });
  return 'malformed' in outcome ? outcome : { hits, outcome, matches, filtered: takenOut, untimed, notes };
}

function counted(
  { hits, outcome, matches, filtered, untimed, notes }: Found,
  request: Request,
  { lastMatch }: Detector,
  counters: Counters,
): RequestHits {
  const {
    records,
    events,
    rejected,
    passedBy,
    slow,
    why,
    several = 0,
    truncated = 0,
    nulBytes = 0,
  } = outcome;
  counters.add('records', records);
  counters.add('events', events);
  for (const base of matches) {
    counters.add('matches', 1, base);
    lastMatch.set(base, request.arrived);
  }
  for (const base of filtered) counters.add('matches_filtered', 1, base);
  notes.addTo(counters);
  if (untimed > 0) counters.add('untimed', untimed);
  if (rejected > 0) counters.add('records_rejected', rejected);
  if (several > 0) counters.add('records_several', several);
  if (truncated > 0) counters.add('events_truncated', truncated);
  if (nulBytes > 0) counters.add('nul_bytes', nulBytes);
  for (const [kind, count] of Object.entries(passedBy)) counters.add('records_passed_by', count, kind);
  for (const [reason, count] of Object.entries(slow)) counters.add('events_slow', count, reason);
  return { hits, rejected, ...(why === undefined ? {} : { why }) };
}

/**
 * The whole path of a request: read, match, ask for room, then put hits into windows and risk events into the outbox. Only
 * then is the verdict `accepted`. A refused request changed no window; the sender can send all of it again. `accepted` gets
 * the report of each accepted request.
 */
export function pipeline(
  read: ReadRequest,
  detector: () => Detector,
  state: State,
  counters: Counters,
  accepted: (report: ReadReport) => void = () => {},
): Handle {
  const idle: Idle = (...hit) => state.idle(...hit);
  const answer = async (request: Request): Promise<Verdict> => {
    for (;;) {
      const used = detector();
      const seen = await withPlaces(() => look(request, read, used, idle));
      if ('malformed' in seen) return { kind: 'malformed', why: seen.malformed };
      // The rules were replaced meanwhile: the windows of the new ones would not know these hits, so they are found again.
      if (used !== detector()) continue;
      const held = state.admit(seen.hits);
      if (!('release' in held)) return { kind: 'overloaded', ...held };
      try {
        if ((await state.record(seen.hits, held)) === 'stale') {
          if (used === detector()) throw new Error('the windows belong to other rules than the detector');
          continue;
        }
      } finally {
        held.release();
      }
      // Not earlier: a request that is refused comes again.
      const { rejected, why } = counted(seen, request, used, counters);
      accepted(seen.outcome);
      return { kind: 'accepted', rejected, ...(why === undefined ? {} : { why }) };
    }
  };
  return async (request) => {
    const verdict = await answer(request);
    counters.add('requests', 1, verdict.kind);
    return verdict;
  };
}
