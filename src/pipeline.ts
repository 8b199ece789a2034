import { seconds } from './lib/time-format.ts';
import type { CounterName, Counters } from './model/counters.ts';
import {
  type Derived,
  type FieldPlan,
  PlaceFileOpening,
  type ReadReport,
  type ReadRequest,
} from './model/event.ts';
import type { Forward, RequestFindings } from './model/forward.ts';
import type { Hit, HitMaker, Idle } from './model/hit.ts';
import { type Handle, isAccepted, type Request, type Verdict } from './model/request.ts';
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
  readonly countedBy: RequestFindings['countedBy'];
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
  /** For each match the index of its record. */
  readonly records: readonly number[];
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
  const records: number[] = [];
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
      while (records.length < matches.length) records.push(about.record);
      // All at once, since they share the facts of the event.
      const made = hitsOf(matches.slice(before), event, about, request.arrived, notes, idle);
      for (const hit of made) hits.push(hit);
      return made.length;
    } catch (thrown) {
      // The reader rejects an event of which a rule asks too much: no rule has matched it.
      matches.length = before;
      records.length = before;
      takenOut.length = filteredBefore;
      throw thrown;
    }
  });
  if ('malformed' in outcome) return outcome;
  return { hits, outcome, matches, records, filtered: takenOut, untimed, notes };
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

function findings({ hits, matches, records, outcome }: Found, { countedBy }: Detector): RequestFindings {
  const matched = new Map<number, Set<string>>();
  for (const [i, record] of records.entries())
    matched.set(record, (matched.get(record) ?? new Set()).add(matches[i]!));
  return { hits, matched, countedBy, own: outcome.passedBy.own ?? 0 };
}

const RETRY_AFTER = seconds(1);

/** A request's way to the next hop, which it goes once, however often it is looked at. */
interface Passage {
  /** undefined where it does not go on. */
  readonly to: Forward | undefined;
  /** The answer of the next hop. */
  accepted: Verdict | undefined;
}

/** The next hop has a request whose hits are in no window. Its sender sends it again, and so the next hop may get it twice. */
function unrecorded(why: string, counters: Counters): Verdict {
  counters.add('forward_unrecorded');
  const said = `the next hop has accepted the request, but its hits could not be recorded: ${why}`;
  return { kind: 'unavailable', retryAfter: RETRY_AFTER, why: said };
}

/**
 * The whole path of a request: read, match, ask for room, then put hits into windows and risk events into the outbox. Only
 * then is the verdict `accepted`. A refused request changed no window; the sender can send all of it again. `accepted` gets
 * the report of each accepted request. With `forward` the request goes to the next hop before anything is recorded, once,
 * and its answer is the verdict.
 */
export function pipeline(
  read: ReadRequest,
  detector: () => Detector,
  state: State,
  counters: Counters,
  accepted: (report: ReadReport) => void = () => {},
  forward?: Forward,
): Handle {
  const idle: Idle = (...hit) => state.idle(...hit);
  const attempt = async (request: Request, passage: Passage): Promise<Verdict | 'again'> => {
    const used = detector();
    const seen = await withPlaces(() => look(request, read, used, idle));
    if ('malformed' in seen)
      return passage.to
        ? passage.to.passUnread(request, seen.malformed)
        : { kind: 'malformed', why: seen.malformed };
    // The rules were replaced meanwhile: the windows of the new ones would not know these hits, so they are found again.
    if (used !== detector()) return 'again';
    const held = state.admit(seen.hits);
    if (!('release' in held))
      return passage.accepted ? unrecorded(held.why, counters) : { kind: 'overloaded', ...held };
    try {
      if (passage.to && !passage.accepted) {
        const verdict = await passage.to.pass(request, findings(seen, used));
        if (!isAccepted(verdict)) return verdict;
        passage.accepted = verdict;
        if (used !== detector()) return 'again';
      }
      const how = await state.record(seen.hits, held);
      if (how === 'stale') {
        if (used === detector()) throw new Error('the windows belong to other rules than the detector');
        return 'again';
      }
      if (how !== 'recorded')
        return passage.accepted ? unrecorded(how.why, counters) : { kind: 'unavailable', ...how };
    } finally {
      held.release();
    }
    // Not earlier: a request that is refused comes again.
    const { rejected, why } = counted(seen, request, used, counters);
    accepted(seen.outcome);
    return passage.accepted ?? { kind: 'accepted', rejected, ...(why === undefined ? {} : { why }) };
  };
  const answer = async (request: Request): Promise<Verdict> => {
    const passage: Passage = {
      to: forward?.takes(request.shape) ? forward : undefined,
      accepted: undefined,
    };
    try {
      for (;;) {
        const verdict = await attempt(request, passage);
        if (verdict !== 'again') return verdict;
      }
    } catch (error) {
      if (!passage.accepted) throw error;
      return unrecorded(String(error), counters);
    }
  };
  return async (request) => {
    const verdict = await answer(request);
    counters.add('requests', 1, verdict.kind);
    return verdict;
  };
}
