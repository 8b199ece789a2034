import { digest } from '../lib/digest.ts';
import { scalarText } from '../lib/scalar-text.ts';
import type { EventReader, FieldId, FieldNeed, FieldPlan } from '../model/event.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';

/** Fields that identify a request. Clients choose the auditID, but not the time when the API server received the request. */
const STAMPS = ['auditID', 'requestReceivedTimestamp'] as const;
const REQUEST = ['verb', 'requestURI', 'user.username'] as const;
const ADDRESSES = 'sourceIPs';
/** Fields that distinguish two records of one request. */
const RECORD = ['stage', 'stageTimestamp', 'responseStatus.code'] as const;

export const IDENTITY_NEEDS: readonly FieldNeed[] = [...STAMPS, ...REQUEST, ADDRESSES, ...RECORD].map(
  (path) => ({ path, literals: [] }),
);

/** `at`: the event's time, which is added if one of STAMPS is missing. null for `none`: every arrival counts. */
export type Identify = (dedupe: Rule['dedupe'], event: EventReader, at: Micros) => string | null;

/**
 * The identity of a hit: a digest of decoded values, since the bytes of one event differ between a file, a webhook and a
 * parsed body. Neither the rule nor the group is part of it.
 */
export function identify(plan: FieldPlan): Identify {
  const ids = (paths: readonly string[]) => paths.map((path) => plan.id(path));
  const [stamps, request, record] = [ids(STAMPS), ids(REQUEST), ids(RECORD)];
  const addresses = plan.id(ADDRESSES);
  return (dedupe, event, at) => {
    if (dedupe === 'none') return null;
    const parts: unknown[] = [];
    let stamped = true;
    for (const field of stamps) {
      const stamp = one(event, field);
      parts.push(stamp);
      if (!stamp) stamped = false;
    }
    for (const field of request) parts.push(one(event, field));
    parts.push(texts(event, addresses));
    if (dedupe === 'record') for (const field of record) parts.push(one(event, field));
    if (!stamped) parts.push(at);
    return digest(parts);
  };
}

/** Values of a list that identify a request: the last ones, and how many there are. A client can send 350,000 addresses. */
export const IDENTITY_VALUES_MAX = 1000;

function texts(event: EventReader, field: FieldId): readonly (string | null)[] {
  const all: (string | null)[] = [];
  const count = event.count(field);
  if (count > IDENTITY_VALUES_MAX) all.push(String(count));
  for (let i = Math.max(0, count - IDENTITY_VALUES_MAX); i < count; i++)
    all.push(scalarText(event.scalar(field, i)) ?? null);
  return all;
}

/** null if the field is missing. A list, which no API server writes here, stays a list. */
function one(event: EventReader, field: FieldId): string | null | readonly (string | null)[] {
  const count = event.count(field);
  if (count > 1) return texts(event, field);
  return count === 0 ? null : (scalarText(event.scalar(field, 0)) ?? null);
}
