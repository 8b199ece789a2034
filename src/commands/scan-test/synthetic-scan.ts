import { formatTime, micros } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';

/** What a scanner asks for first. One more than the scanning rules of both packs need. */
const PATHS = ['/', '/api', '/apis', '/version', '/api/v1/namespaces', '/api/v1/pods', '/api/v1/secrets'];

/** The network that is reserved for tests of devices (RFC 2544), so nobody's. */
const NETWORK = '198.18';
const HOSTS = 65_536;

export interface SyntheticScan {
  readonly client: string;
  readonly lines: readonly string[];
}

/**
 * Audit log lines of requests that one anonymous client was refused, the last of them at `now`. Each run has another client and
 * other ids: a rule fires once for a client in each of its buckets, and counts no request twice.
 */
export function syntheticScan(now: Micros): SyntheticScan {
  const ms = Math.floor(now / 1000);
  const host = ms % HOSTS;
  const client = `${NETWORK}.${host >> 8}.${host & 255}`;
  const run = ms.toString(16).padStart(12, '0').slice(-12);
  const lines = PATHS.map((requestURI, i) => {
    const at = formatTime(micros(now - (PATHS.length - 1 - i) * 1000));
    return JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: `5ca77e57-0000-4000-8${String(i).padStart(3, '0')}-${run}`,
      stage: 'ResponseComplete',
      requestURI,
      verb: 'get',
      user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      sourceIPs: [client],
      userAgent: 'sidewatch scan-test',
      responseStatus: { metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403 },
      requestReceivedTimestamp: at,
      stageTimestamp: at,
      annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
    });
  });
  return { client, lines };
}
