import { formatTime } from '../lib/time-format.ts';
import type { Log } from '../ops/own-log.ts';
import type { Settings } from '../setup/settings.ts';
import type { DetectionWatch } from './watched-render.ts';

/**
 * Detections of a minute that have a line of their own, counted apart for the urgent levels and for the others: a flood of
 * doubtful events must not hide what somebody is paged for. Further detections share one line.
 */
export const LINES_MAX = 60;
const URGENT: ReadonlySet<string> = new Set(['high', 'critical']);
/** Rules that the line for the others names. */
const NAMED_MAX = 5;

export interface DetectionLog {
  readonly detected: DetectionWatch;
  /** Call this once a minute, and at the end. */
  minute(): void;
}

/** As the configuration wants it: none if risk events go to stdout, where they are seen. */
export function detectionLogFor(
  { config, targets }: Settings,
  log: Log,
  ruleName: (id: string) => string,
): DetectionLog | undefined {
  const { detections } = config.telemetry.logs;
  if (detections === 'off' || targets.some(({ protocol }) => protocol === 'console')) return undefined;
  return detectionLog(log, detections, ruleName);
}

/** Logs each detection in one line. `ruleName`: what a rule is called, by its id. */
export function detectionLog(
  log: Log,
  level: 'info' | 'warn',
  ruleName: (id: string) => string,
): DetectionLog {
  const lines = { urgent: 0, other: 0 };
  let others = new Map<string, number>();
  return {
    detected(rule, { at, count, exact }, { body, severityText, attributes, resource }) {
      const name = ruleName(rule.id);
      const kind = URGENT.has(severityText) ? 'urgent' : 'other';
      if (lines[kind] >= LINES_MAX) {
        others.set(name, (others.get(name) ?? 0) + 1);
        return;
      }
      lines[kind]++;
      const client = attributes['client.address'];
      const cluster = resource['k8s.cluster.name'];
      log[level](`detection: ${body}`, {
        rule: name,
        rule_level: severityText,
        ...(client === undefined ? {} : { client }),
        ...(cluster === undefined ? {} : { cluster }),
        count: exact ? count : `${count}+`,
        at: formatTime(at),
      });
    },
    minute() {
      if (others.size > 0) log[level](othersText(others));
      lines.urgent = 0;
      lines.other = 0;
      others = new Map();
    },
  };
}

function othersText(others: ReadonlyMap<string, number>): string {
  const most = [...others].sort(([, a], [, b]) => b - a);
  const total = most.reduce((sum, [, count]) => sum + count, 0);
  const named = most.slice(0, NAMED_MAX).map(([name, count]) => `${name} ${count}`);
  const more = most.length - named.length;
  if (more > 0) named.push(`and ${more} more ${more === 1 ? 'rule' : 'rules'}`);
  return `detections without a line of their own in the last minute: ${total} (${named.join(', ')})`;
}
