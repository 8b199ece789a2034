import { nearest } from '../../lib/nearest.ts';
import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { FindingReport } from '../source/findings.ts';
import { isYamlMap } from '../source/yaml-map.ts';

export type Logsource = ReadonlyMap<string, string>;

/** What is read here. A rule is about it if it asks for nothing else. */
const OURS: Logsource = new Map([
  ['category', 'application'],
  ['product', 'kubernetes'],
  ['service', 'audit'],
]);
const NEEDED = ['product', 'service'];

/** Why a rule of this logsource is never asked of an event; undefined for one about Kubernetes audit logs. */
export function foreign(logsource: Logsource): string | undefined {
  if (contains(OURS, logsource) && NEEDED.every((key) => logsource.has(key))) return undefined;
  return `is about other logs (${describe(logsource)}); only ${describe(OURS)} is read here, category may be left out`;
}

/** Whether a rule about other logs was meant for these. */
export function isNearMiss(logsource: Logsource): boolean {
  return nearest(logsource.get('product') ?? '', [OURS.get('product')!]) !== undefined;
}

/** Any attributes: a rule may be about other logs, a filter about rules that are not loaded. undefined after a report. */
export function parseAttributes(
  value: unknown,
  path: YamlPath,
  report: FindingReport,
): Logsource | undefined {
  if (!isYamlMap(value))
    return report.problem(
      path,
      value === undefined ? 'is missing' : `wants a map of attributes, has ${shownValue(value)}`,
    );
  // `definition` is prose for people.
  const attributes = Object.entries(value).filter(([key]) => key !== 'definition');
  return new Map(
    attributes.map(([key, value]) => [key, typeof value === 'string' ? value : shownValue(value)]),
  );
}

/** Every attribute that `inner` sets is equal in `outer`. */
export function contains(outer: Logsource, inner: Logsource): boolean {
  return [...inner].every(([key, value]) => outer.get(key) === value);
}

export function describe(logsource: Logsource): string {
  return [...logsource].map(([key, value]) => `${key}: ${value}`).join(', ') || 'nothing named';
}
