import { randomUUID } from 'node:crypto';
import { seconds } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import type { Forward, RequestFindings } from '../model/forward.ts';
import { isAccepted, type Request, type Verdict } from '../model/request.ts';
import type { State } from '../model/state.ts';
import type { Clock, Ms } from '../model/time.ts';
import { annotations } from './annotation.ts';
import { withRejected } from './hop-answers.ts';
import type { NextHop } from './next-hop.ts';
import { hasPassed, outgoing, timeLeft } from './outgoing.ts';
import { type Edit, spliced } from './splice.ts';

const RETRY_AFTER = seconds(1);
const NOTHING_LEFT: Verdict = { kind: 'accepted', rejected: 0 };

const LOOP = 'a loop: this Sidewatch has forwarded the request already; check forward.endpoint';
const OWN_RECORDS =
  'records of the scope sidewatch are not forwarded: let risk events go to a receiver whose records do not come here';
const PROTOBUF_ONLY = 'it is JSON, and forward.protocol is grpc: send protobuf, or write http/protobuf there';
const NO_EDIT =
  'it is JSON, and forward.keep and forward.annotate can only edit protobuf: send protobuf, or leave them out';
const UNUSUAL = 'its protobuf is too unusual to be edited (forward.keep, forward.annotate)';

export interface ForwardOptions {
  readonly timeout: Ms;
  readonly keep: 'all' | 'matched' | 'unmatched';
  readonly annotate: boolean;
  /** Logs a problem; see ProblemLog. */
  readonly report: (what: string, why: string) => void;
}

/** What forwarding needs of the rest of a service. */
export interface ForwardSurroundings {
  readonly preview: State['preview'];
  readonly counters: Counters;
  readonly clock: Clock;
}

/**
 * Chaining: a request goes on to the next hop, and its answer is the answer. Nothing is queued: what the next hop has not
 * accepted stays with the sender.
 */
export function forwarding(
  hop: Pick<NextHop, 'send' | 'takesJson'>,
  { timeout, keep, annotate, report }: ForwardOptions,
  { preview, counters, clock }: ForwardSurroundings,
): Forward {
  const id = randomUUID();

  /** Why a request cannot go on, whatever it holds. */
  function refusal(request: Request): Verdict | undefined {
    if (hasPassed(request, id)) return unavailable(LOOP);
    return request.shape === 'otlp-json' && !hop.takesJson ? malformed(PROTOBUF_ONLY) : undefined;
  }

  async function send(request: Request, bytes: Buffer): Promise<Verdict> {
    const left = timeLeft(request, timeout, clock);
    if (left <= 0) return unavailable('the deadline of the request has passed');
    const { verdict, answered, why } = await hop.send(outgoing(request, bytes, id), left);
    const result = isAccepted(verdict) ? 'accepted' : answered ? 'refused' : 'no_answer';
    counters.add('forwarded', 1, result);
    if (result === 'refused')
      report('requests were refused by the next hop; their senders got its answer', why ?? '');
    return verdict;
  }

  async function sendEdited(request: Request, found: RequestFindings): Promise<Verdict> {
    const notes = annotate ? await annotations(found, preview) : undefined;
    const edits = { own: 0, leftOut: 0, annotated: 0 };
    const edit: Edit = (record, isOwn) => {
      if (isOwn) {
        edits.own++;
        return 'gone';
      }
      if (keep !== 'all' && found.matched.has(record) !== (keep === 'matched')) {
        edits.leftOut++;
        return 'gone';
      }
      const note = notes?.get(record);
      if (note !== undefined) edits.annotated++;
      return note ?? 'same';
    };
    const bytes = await spliced(viewOf(request), edit);
    if (bytes === undefined) return malformed(UNUSUAL);
    const verdict = bytes === 'nothing' ? NOTHING_LEFT : await send(request, bytes);
    if (!isAccepted(verdict)) return verdict;
    if (edits.leftOut > 0) counters.add('forward_left_out', edits.leftOut);
    if (edits.annotated > 0) counters.add('forward_annotated', edits.annotated);
    if (edits.own === 0) return verdict;
    counters.add('forward_looped', edits.own);
    report('records were rejected, since they would go in a loop', OWN_RECORDS);
    return withOwnRejected(verdict, edits.own);
  }

  return {
    // An audit webhook sends no OTLP.
    takes: (shape) => shape === 'otlp' || shape === 'otlp-json',
    async pass(request, found) {
      const refused = refusal(request);
      if (refused) return refused;
      const isEdited = keep !== 'all' || found.own > 0 || (annotate && found.matched.size > 0);
      if (!isEdited) return send(request, ownBytes(request));
      if (request.shape !== 'otlp') return malformed(found.own > 0 ? OWN_RECORDS : NO_EDIT);
      return sendEdited(request, found);
    },
    async passUnread(request, why) {
      const refused = keep === 'all' ? refusal(request) : malformed(why);
      if (refused) return refused;
      const verdict = await send(request, ownBytes(request));
      if (!isAccepted(verdict)) return verdict;
      counters.add('forward_unread');
      report('requests that cannot be read were forwarded all the same', why);
      return verdict;
    },
  };
}

const viewOf = ({ bytes }: Request): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A copy: the request's own memory may be used again before a connection has let go of it. */
const ownBytes = ({ bytes }: Request): Buffer => Buffer.from(bytes);

const malformed = (why: string): Verdict => ({ kind: 'malformed', why });
const unavailable = (why: string): Verdict => ({ kind: 'unavailable', retryAfter: RETRY_AFTER, why });

function withOwnRejected(verdict: Verdict, own: number): Verdict {
  if (verdict.kind !== 'relayed') return { kind: 'accepted', rejected: own, why: OWN_RECORDS };
  return { ...verdict, body: withRejected(verdict.body ?? new Uint8Array(), own, OWN_RECORDS) };
}
