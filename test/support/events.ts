import { encodeLines } from '../../src/audit/encode-lines.ts';
import { formatTime, parseTime } from '../../src/lib/time-format.ts';
import type { Request } from '../../src/model/request.ts';
import type { Micros } from '../../src/model/time.ts';

// biome-ignore lint/suspicious/noExplicitAny: an audit event as a test writes it
export type AuditEvent = Record<string, any>;

/** 2026-01-15T10:00:00Z, where every test day begins. */
export const TEN = at('2026-01-15T10:00:00Z');

export function at(text: string): Micros {
  const time = parseTime(text);
  if (time === undefined) throw new Error(`${text} is no time`);
  return time;
}

let made = 0;

/** A request that an anonymous client was refused (403), at `when`; `more` overrides top-level fields. */
export function refused(when: Micros, sourceIPs: readonly string[], more: AuditEvent = {}): AuditEvent {
  made++;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/pods',
    verb: 'list',
    user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    sourceIPs,
    userAgent: 'curl/8.5.0',
    objectRef: { resource: 'pods', apiVersion: 'v1' },
    responseStatus: {
      metadata: {},
      status: 'Failure',
      message:
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
      reason: 'Forbidden',
      details: { kind: 'pods' },
      code: 403,
    },
    requestReceivedTimestamp: formatTime((when - 800) as Micros),
    stageTimestamp: formatTime(when),
    annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
    ...more,
  };
}

/** A serialised ExportLogsServiceRequest with one record an event (JSON string bodies), as the file_log receiver sends it. */
export function otlpBytes(
  bodies: readonly (AuditEvent | string)[],
  resource: Record<string, string> = {},
): Uint8Array {
  return encodeLines(
    bodies.map((body) => (typeof body === 'string' ? body : JSON.stringify(body))),
    resource,
  );
}

export function request(
  bytes: Uint8Array | string,
  shape: Request['shape'],
  arrived: Micros = TEN,
  cluster?: string,
): Request {
  return {
    bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
    shape,
    arrived,
    headers: new Map(),
    ...(cluster === undefined ? {} : { cluster }),
  };
}
