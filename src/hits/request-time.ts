import type { EventContext, EventReader, FieldNeed, FieldPlan } from '../model/event.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros, Span } from '../model/time.ts';
import { CONNECTIONS } from '../semantics/request-verbs.ts';
import { isSilence } from '../semantics/silence.ts';

/** The time within which the API server answers all requests but those that last (its --request-timeout). */
export const ANSWERED_WITHIN = 60_000_000 as Span;

/** Subresources whose requests may last: as long as their connection, or as a log is followed. */
const LASTING: ReadonlySet<unknown> = new Set([...CONNECTIONS, 'log']);

const NEEDS = ['stage', 'verb', 'objectRef.subresource'] as const;

export const REQUEST_TIME_NEEDS: readonly FieldNeed[] = NEEDS.map((path) => ({ path, literals: [] }));

/** When a request happened, as far as one of its stages says. Worked out once an event: its context works it out at each question. */
export interface RequestTime extends Pick<EventContext, 'at' | 'timed' | 'received'> {
  /** Whether this is the start of a request that may last, and end hours later. */
  readonly starts: boolean;
  /** Whether this is the end of a request. */
  readonly ends: boolean;
}

/**
 * The API server logs a request at several stages. All that come within ANSWERED_WITHIN happen when the request was
 * received, so that one request has one time, whatever hour its answer falls into. See docs/windows.md.
 */
export function requestTimeOf(plan: FieldPlan): (event: EventReader, about: EventContext) => RequestTime {
  const [stage, verb, subresource] = NEEDS.map((path) => plan.id(path));
  const text = (event: EventReader, field = stage): unknown =>
    event.count(field!) === 1 ? event.scalar(field!, 0) : undefined;
  return (event, about) => {
    const now = text(event);
    const lasts = () => text(event, verb) === 'watch' || LASTING.has(text(event, subresource));
    return {
      at: about.at,
      timed: about.timed,
      received: about.received,
      starts: now === 'ResponseStarted' || (now === 'RequestReceived' && lasts()),
      ends: now === 'ResponseComplete' || now === 'Panic',
    };
  };
}

/** How long after its request was received a stage still happens at that time; undefined for rules to which stages keep their own time. */
export function answeredWithin(rule: Rule): Span | undefined {
  if (rule.dedupe !== 'request' || rule.time !== 'event' || isSilence(rule)) return undefined;
  return Math.min(rule.window.lateness, ANSWERED_WITHIN) as Span;
}

/** When a rule's hits of a stage happen, and whether the same request may come again at another time. */
export function hitTime(
  rule: Rule,
  within: Span | undefined,
  about: Pick<EventContext, 'recordAt'>,
  { at, timed, received, starts }: Omit<RequestTime, 'ends'>,
): { readonly at: Micros; readonly lasting: boolean } {
  if (rule.time === 'record') return { at: about.recordAt ?? at, lasting: false };
  if (within === undefined || received === undefined || !timed) return { at, lasting: false };
  const after = at - received;
  const near = after >= 0 && after <= within;
  return { at: near ? received : at, lasting: starts || !near };
}

const SECOND = 1_000_000;

/** How long a request lasted that ends here, in whole seconds; undefined under a second, or where it is not known. */
export function secondsLasted({
  at,
  timed,
  received,
  ends,
}: Omit<RequestTime, 'starts'>): number | undefined {
  if (!ends || !timed || received === undefined) return undefined;
  const seconds = Math.floor((at - received) / SECOND);
  return seconds >= 1 ? seconds : undefined;
}
