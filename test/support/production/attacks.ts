import { formatTime } from '../../../src/lib/time-format.ts';
import type { Micros } from '../../../src/model/time.ts';
import type { AuditEvent } from '../events.ts';
import { SECOND } from './schedule.ts';

/** One entry of test/golden/production-attacks.yml. */
export interface Attack {
  readonly hides: string;
  readonly attack: string;
  readonly by: {
    readonly account?: string;
    readonly node?: string;
    readonly user?: string;
    readonly groups?: readonly string[];
    readonly anonymous?: boolean;
  };
  readonly agent: string;
  readonly from: string;
  readonly asks: readonly (string | { readonly ask: string; readonly body: object })[];
  readonly fires?: Readonly<Record<string, string>>;
  readonly missed?: string;
}

/** Its audit events, one a second from `start` on, at level RequestResponse. */
export const attackEvents = (attack: Attack, start: Micros): readonly AuditEvent[] =>
  attack.asks.map((one, i) => {
    const { ask, body } = typeof one === 'string' ? { ask: one, body: undefined } : one;
    return eventOf(attack, ask, body, (start + i * SECOND) as Micros, i);
  });

function eventOf(
  { by, agent, from }: Attack,
  ask: string,
  body: object | undefined,
  at: Micros,
  n: number,
): AuditEvent {
  const [verb, uri, code = verb === 'create' ? '201' : '200'] = ask.split(' ');
  const refused = code === '403';
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: uri,
    verb,
    user: userOf(by),
    sourceIPs: [from],
    userAgent: agent,
    ...referenceOf(uri!, body),
    responseStatus: refused
      ? { metadata: {}, status: 'Failure', message: 'forbidden', reason: 'Forbidden', code: 403 }
      : { metadata: {}, code: Number(code) },
    ...(body === undefined ? {} : { requestObject: body, responseObject: body }),
    requestReceivedTimestamp: formatTime(at),
    stageTimestamp: formatTime(at),
    annotations: {
      'authorization.k8s.io/decision': refused ? 'forbid' : 'allow',
      'authorization.k8s.io/reason': '',
    },
  };
}

function userOf({ account, node, user, groups = [], anonymous }: Attack['by']): object {
  if (anonymous) return { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  if (node !== undefined)
    return { username: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] };
  if (user !== undefined) return { username: user, groups: [...groups, 'system:authenticated'] };
  const [namespace, name] = account!.split('/');
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

const OBJECTS =
  /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>v[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<resource>[^/?]+)(?:\/(?<name>[^/?]+))?(?:\/(?<subresource>[^/?]+))?/;

/** What the API server makes of a path. */
function referenceOf(uri: string, body: { metadata?: { name?: string } } | undefined): object {
  const found = OBJECTS.exec(uri)?.groups;
  if (found === undefined) return {};
  const { group, version, namespace, resource, name = body?.metadata?.name, subresource } = found;
  const parts = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
  return { objectRef: Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) };
}
