import { digest } from '../lib/hash.ts';
import type { EventReader, FieldId, FieldNeed, FieldPlan } from '../model/event.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { scalarText } from './text.ts';

/** What makes a request one and no other. Clients choose auditID, but not the API server's time of receipt. */
const STAMPS = ['auditID', 'requestReceivedTimestamp'] as const;
const REQUEST = ['verb', 'requestURI', 'user.username'] as const;
const ADDRESSES = 'sourceIPs';
/** What tells two records of one request apart. */
const RECORD = ['stage', 'stageTimestamp', 'responseStatus.code'] as const;

export const IDENTITY_NEEDS: readonly FieldNeed[] = [...STAMPS, ...REQUEST, ADDRESSES, ...RECORD].map(
  (path) => ({ path, literals: [] }),
);

/** `at`: the event's time, which joins where the server's stamps are missing. null for `none`: every arrival counts. */
export type Identify = (dedupe: Rule['dedupe'], event: EventReader, at: Micros) => string | null;

/**
 * The identity of a hit: a digest over decoded values, since one event's bytes differ between a file, a webhook and a
 * parsed body. The rule is no part of it, nor is the group.
 */
export function identify(plan: FieldPlan): Identify {
  const ids = (paths: readonly string[]) => paths.map((path) => plan.id(path));
  const [stamps, request, record] = [ids(STAMPS), ids(REQUEST), ids(RECORD)];
  const addresses = plan.id(ADDRESSES);
  return (dedupe, event, at) => {
    if (dedupe === 'none') return null;
    const one = (field: FieldId) => single(texts(event, field));
    const stamped = stamps.map(one);
    return digest([
      ...stamped,
      ...request.map(one),
      texts(event, addresses),
      ...(dedupe === 'record' ? record.map(one) : []),
      ...(stamped.every(Boolean) ? [] : [at]),
    ]);
  };
}

function texts(event: EventReader, field: FieldId): readonly (string | null)[] {
  return Array.from({ length: event.count(field) }, (_, i) => scalarText(event.scalar(field, i)) ?? null);
}

/** null where it is missing; a list, which no API server writes here, stays one. */
function single(all: readonly (string | null)[]): string | null | readonly (string | null)[] {
  return all.length > 1 ? all : (all[0] ?? null);
}
