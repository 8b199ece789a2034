import { readFileSync } from 'node:fs';
import { formatTime, parseTime } from '../../src/lib/time-format.ts';
import type { Micros } from '../../src/model/time.ts';
import { type AuditEvent, otlpBytes, refused } from '../support/events.ts';
import type { Random } from './random.ts';

const SECOND = 1_000_000;
/** Clients of each sender. */
const CLIENTS = 12;
const PATHS = ['/api/v1/pods', '/api/v1/secrets', '/apis', '/version', '/api/v1/nodes', '/metrics'];
/** Events of a capture that become one request at most, and how far apart they are. */
const TOGETHER = 8;
const TOGETHER_WITHIN = 60 * SECOND;

const CAPTURES: readonly (readonly AuditEvent[])[] = [
  'bearer',
  'dangerous',
  'five',
  'kube-hunter',
  'kubectl',
  'stolen',
].map((name) => {
  const path = new URL(`../captures/request-response/${name}.ndjson`, import.meta.url);
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEvent);
});

/** A request of a sender, sent again until it is accepted. */
export interface LoadRequest {
  /** When its last event happened. */
  readonly at: Micros;
  readonly bytes: Uint8Array;
  /** How often it may have been recorded. */
  attempts: number;
}

/** Requests of one sender: scans, attacks from the captures, and what is usual. Its clients and its cluster are its own. */
export class Load {
  readonly #random: Random;
  readonly #sender: number;
  #made = 0;

  constructor(random: Random, sender: number) {
    this.#random = random;
    this.#sender = sender;
  }

  next(at: Micros): LoadRequest {
    this.#made++;
    const client = `81.2.${this.#sender + 60}.${1 + this.#random.below(CLIENTS)}`;
    const events = this.#random.below(10) < 6 ? this.#scan(at, client) : this.#captured(at, client);
    return { at, bytes: otlpBytes(events, { 'k8s.cluster.name': `cluster-${this.#sender}` }), attempts: 0 };
  }

  #scan(at: Micros, client: string): readonly AuditEvent[] {
    const count = 1 + this.#random.below(4);
    return Array.from({ length: count }, (_, i) =>
      refused((at - (count - 1 - i) * SECOND) as Micros, [client], { requestURI: this.#random.of(PATHS) }),
    );
  }

  /** Some events of a capture as if they happened now, by this client. */
  #captured(at: Micros, client: string): readonly AuditEvent[] {
    const capture = this.#random.of(CAPTURES);
    const from = this.#random.below(capture.length);
    const first = timeOf(capture[from]!, 'stageTimestamp');
    const events = capture
      .slice(from, from + 1 + this.#random.below(TOGETHER))
      .filter((event) => Math.abs(timeOf(event, 'stageTimestamp') - first) <= TOGETHER_WITHIN);
    const later = at - Math.max(...events.map((event) => timeOf(event, 'stageTimestamp')));
    const moved = (event: AuditEvent, field: string) => formatTime((timeOf(event, field) + later) as Micros);
    return events.map((event) => ({
      ...event,
      // One request of a capture is one request here, too.
      auditID: `${event['auditID'].slice(0, 22)}${this.#sender}-${String(this.#made).padStart(12, '0')}`,
      sourceIPs: [client],
      stageTimestamp: moved(event, 'stageTimestamp'),
      requestReceivedTimestamp: moved(event, 'requestReceivedTimestamp'),
    }));
  }
}

function timeOf(event: AuditEvent, field: string): number {
  return parseTime(event[field])!;
}
