import { nearest } from '../../lib/nearest.ts';
import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import { isYamlMap } from '../source/yaml-map.ts';

export type Logsource = ReadonlyMap<string, string>;

/** The log source of audit events. A rule is about it if it asks for nothing else. */
const OURS: Logsource = new Map([
  ['category', 'application'],
  ['product', 'kubernetes'],
  ['service', 'audit'],
]);
const NEEDED = ['product', 'service'];

/** Why a rule of this logsource is off; undefined for a rule about Kubernetes audit logs. */
export function foreignReason(logsource: Logsource): string | undefined {
  if (contains(OURS, logsource) && NEEDED.every((key) => logsource.has(key))) return undefined;
  return `is about other logs (${describe(logsource)}); only ${describe(OURS)} is supported here, and category is optional`;
}

/** Whether a rule about other logs was probably meant for Kubernetes audit logs. */
export function isNearMiss(logsource: Logsource): boolean {
  return nearest(logsource.get('product') ?? '', [OURS.get('product')!]) !== undefined;
}

/** All attributes are allowed: a rule may be about other logs, a filter about rules that are not loaded. undefined after a report. */
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

/** Whether every attribute of `inner` is equal in `outer`. */
export function contains(outer: Logsource, inner: Logsource): boolean {
  return [...inner].every(([key, value]) => outer.get(key) === value);
}

export function describe(logsource: Logsource): string {
  return [...logsource].map(([key, value]) => `${key}: ${value}`).join(', ') || 'no attributes';
}
