import type { PassedBy, ReadReport } from '../model/event.ts';
import type { Log } from '../ops/own-log.ts';

/** Records of a minute before it is logged at once that most of them are no audit events: a few may be chance. */
const RECORDS_MIN = 100;

/** What a person can do about records of each kind. */
const ADVICE: Readonly<Record<PassedBy, string>> = {
  text: 'the body must be the JSON of an audit event; which log does the collector read?',
  json: 'the body must be an audit event itself; does something wrap it, or is this another log?',
  other: 'a parsed body must be the audit event itself; does a processor change it?',
  empty: 'the audit event must be the body; does a processor move it to attributes?',
  own: 'risk events of Sidewatch come back to it; take them out of this pipeline',
};

const WHERE = 'see "Records are ignored" in docs/troubleshooting.md';

export interface IgnoredRecords {
  /** Takes the report of each request that was accepted. */
  seen(report: ReadReport): void;
  /** Call this once a minute. */
  minute(): void;
}

/**
 * Logs that records hold no audit event, while none has come at all or most records are of another kind: at once, then once
 * a minute as long as it lasts. Such records are accepted and ignored, so nothing else would show it.
 */
export function ignoredRecords(log: Log): IgnoredRecords {
  /** True after the first audit event. */
  let hasCome = false;
  /** True while it lasts, after it was logged. */
  let logged = false;
  let since = new Tally();

  function write(): void {
    log.warn(since.text(hasCome));
    logged = true;
    since = new Tally();
  }

  return {
    seen(report) {
      since.add(report);
      if (report.events > 0 && !hasCome) {
        hasCome = true;
        if (logged) log.info('the first audit event has arrived');
        logged = false;
      }
      const enough = hasCome ? since.records >= RECORDS_MIN : since.ignored > 0;
      if (!logged && enough && since.isMostlyIgnored) write();
    },
    minute() {
      if (since.ignored > 0 && since.isMostlyIgnored) write();
      else if (since.records > 0) logged = false;
      since = new Tally();
    },
  };
}

/** Records since the last line, or the last minute. */
class Tally {
  readonly #kinds = new Map<PassedBy, { count: number; look: string }>();
  records = 0;
  ignored = 0;

  add({ records, passedBy, looks }: ReadReport): void {
    this.records += records;
    for (const [name, count] of Object.entries(passedBy)) {
      const kind = name as PassedBy;
      this.ignored += count;
      this.#kinds.set(kind, {
        count: count + (this.#kinds.get(kind)?.count ?? 0),
        look: looks[kind] ?? '',
      });
    }
  }

  get isMostlyIgnored(): boolean {
    return 2 * this.ignored > this.records;
  }

  text(hasCome: boolean): string {
    const kinds = [...this.#kinds].sort(([, a], [, b]) => b.count - a.count);
    const counts = kinds.map(([kind, { count, look }]) => `${count} ${kind}, the last one ${look}`);
    return (
      `${hasCome ? 'most records are no audit events' : 'no audit event has come yet'}: ` +
      `${this.ignored} of ${this.records} records were ignored (${counts.join('; ')}): ` +
      `${ADVICE[kinds[0]![0]]} ${WHERE}`
    );
  }
}
