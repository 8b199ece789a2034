import type { Path } from '../lib/yaml.ts';
import type { Report } from './report.ts';
import { show } from './shapes.ts';

export type Logsource = ReadonlyMap<string, string>;

/** What is read here. A rule is about it if it asks for nothing else. */
const OURS: Logsource = new Map([
  ['category', 'application'],
  ['product', 'kubernetes'],
  ['service', 'audit'],
]);
const NEEDED = ['product', 'service'];

/** undefined after a report: for a rule about other logs, and for what is no logsource. */
export function parseLogsource(value: unknown, path: Path, report: Report): Logsource | undefined {
  const logsource = parseAttributes(value, path, report);
  if (logsource === undefined) return undefined;
  if (contains(OURS, logsource) && NEEDED.every((key) => logsource.has(key))) return logsource;
  report.problem(
    path,
    `is about other logs (${describe(logsource)}); only ${describe(OURS)} is read here, category may be left out`,
  );
  return undefined;
}

/** A filter's: any attributes, since it may be about rules that are not loaded. */
export function parseAttributes(value: unknown, path: Path, report: Report): Logsource | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report.problem(
      path,
      value === undefined ? 'is missing' : `wants a map of attributes, has ${show(value)}`,
    );
    return undefined;
  }
  // `definition` is prose for people.
  const attributes = Object.entries(value).filter(([key]) => key !== 'definition');
  return new Map(attributes.map(([key, value]) => [key, typeof value === 'string' ? value : show(value)]));
}

/** Every attribute that `inner` sets is equal in `outer`. */
export function contains(outer: Logsource, inner: Logsource): boolean {
  return [...inner].every(([key, value]) => outer.get(key) === value);
}

export function describe(logsource: Logsource): string {
  return [...logsource].map(([key, value]) => `${key}: ${value}`).join(', ') || 'nothing named';
}
